//! HTTP in, HTTP out: TLS, limits, authentication, dispatch, metrics
