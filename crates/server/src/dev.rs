//! The guard of the development mode, in which anybody who can reach the socket is root: a web page in
//! the developer's browser must not be one of those.

use http::header::{HOST, HeaderMap, HeaderName, HeaderValue, ORIGIN};

/// The header that every answer of a server in development mode carries.
pub(crate) const MODE: (HeaderName, HeaderValue) = (
    HeaderName::from_static("x-portcullis-mode"),
    HeaderValue::from_static("development; unknown access keys act as root"),
);

/// Whether a request may come from a web page of somebody else: its `Host` is not a name of this
/// machine (DNS rebinding), its `Origin` is not our own, or the browser says that another site sent it.
pub(crate) fn is_foreign(headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(HOST).iter();
    let (Some(host), None) = (hosts.next().and_then(|value| value.to_str().ok()), hosts.next()) else {
        return true;
    };
    !is_loopback(host) || is_cross_site(headers)
}

/// Whether a request may come from a web page of another site: its `Origin` is not our own, or the browser says so.
/// What no browser sent says nothing of the kind.
pub(crate) fn is_cross_site(headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(HOST).iter();
    let (Some(host), None) = (hosts.next().and_then(|value| value.to_str().ok()), hosts.next()) else {
        return true;
    };
    let own = |origin: &HeaderValue| {
        let origin = origin.to_str().unwrap_or_default();
        let authority = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
        authority == Some(host)
    };
    if !headers.get_all(ORIGIN).iter().all(own) {
        return true;
    }
    let harmless = |site: &HeaderValue| site == "same-origin" || site == "none";
    !headers.get_all("sec-fetch-site").iter().all(harmless)
}

/// Whether `host` or `host:port` names this machine and cannot name another.
fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split_once(']').map_or("", |(name, _)| name),
        None => host.split_once(':').map_or(host, |(name, _)| name),
    };
    if let Ok(address) = name.parse::<std::net::IpAddr>() {
        return address.is_loopback();
    }
    let name = name.to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn foreign(pairs: &[(&'static str, &str)]) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, value.parse().unwrap());
        }
        is_foreign(&headers)
    }

    #[test]
    fn names_of_this_machine_are_its_own() {
        for host in
            ["localhost", "LOCALHOST:7070", "iam.localhost:1", "127.0.0.1:7070", "127.8.8.8", "[::1]:7070"]
        {
            assert!(!foreign(&[("host", host)]), "{host}");
        }
    }

    #[test]
    fn other_names_are_foreign() {
        let hosts = [
            "evil.example",
            "localhost.evil.example:7070",
            "10.0.0.1",
            "[::2]",
            "",
            "127.0.0.1.evil.example",
        ];
        for host in hosts {
            assert!(foreign(&[("host", host)]), "{host}");
        }
        assert!(foreign(&[]));
        assert!(foreign(&[("host", "localhost"), ("host", "evil.example")]));
    }

    #[test]
    fn a_page_of_another_origin_is_foreign() {
        let host = ("host", "localhost:7070");
        assert!(!foreign(&[host, ("origin", "http://localhost:7070")]));
        for origin in ["http://localhost:3000", "https://evil.example", "null", "localhost:7070"] {
            assert!(foreign(&[host, ("origin", origin)]), "{origin}");
        }
        assert!(foreign(&[host, ("origin", "http://localhost:7070"), ("origin", "http://evil.example")]));
        assert!(foreign(&[host, ("sec-fetch-site", "cross-site")]));
        assert!(foreign(&[host, ("sec-fetch-site", "same-site")]));
        assert!(!foreign(&[host, ("sec-fetch-site", "none")]));
    }
}
