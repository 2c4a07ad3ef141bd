"""AssumeRoleWithSAML: Debian's SimpleSAMLphp end to end, and the xmlsec1 command as another opinion on signatures."""

import base64
import datetime
import re
import subprocess

import pytest

from harness.expect import policy, refused
from harness.identity_providers import SimpleSamlPhp, federated, strangers
from harness.programs import Profile, arns
from harness.routes import openssl
from harness.server import ACCOUNT, BINARY

ACTION = "sts:AssumeRoleWithSAML"
ACS = "https://signin.aws.amazon.com/saml"
OWN = "https://aws.amazon.com/SAML/Attributes/"
PROVIDER = f"arn:aws:iam::{ACCOUNT}:saml-provider/idp"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/people"
INVALID = "InvalidIdentityToken"
SIGNATURE_INVALID = "Response signature invalid"


def trusting(server, metadata, condition=None, **provider):
    """Registers the provider, and makes a role that its users may assume."""
    root = server.root
    root.iam.create_saml_provider(Name="idp", SAMLMetadataDocument=metadata, **provider)
    trusted = federated(PROVIDER, [ACTION, "sts:TagSession", "sts:SetSourceIdentity"], condition)
    root.iam.create_role(RoleName="people", AssumeRolePolicyDocument=trusted)
    may = policy("iam:ListUsers", condition={"StringEquals": {"aws:PrincipalTag/team": "blue"}})
    root.iam.put_role_policy(RoleName="people", PolicyName="p", PolicyDocument=may)
    return strangers(server.url)


def ask(sts, response, role=ROLE):
    assertion = response if isinstance(response, str) else base64.b64encode(response).decode()
    return sts.assume_role_with_saml(RoleArn=role, PrincipalArn=PROVIDER, SAMLAssertion=assertion)


@pytest.fixture(scope="module")
def simplesamlphp(tmp_path_factory):
    attributes = {"uid": ["alice"], f"{OWN}Role": [f"{ROLE},{PROVIDER}"], f"{OWN}RoleSessionName": ["alice@example.com"],
                  f"{OWN}PrincipalTag:team": ["blue"], f"{OWN}SourceIdentity": ["alice"],
                  "urn:oid:1.3.6.1.4.1.5923.1.1.1.1": ["staff", "member"]}
    provider = SimpleSamlPhp(tmp_path_factory.mktemp("simplesamlphp"), attributes)
    provider.attributes = attributes
    yield provider
    provider.close()


def test_somebody_who_signed_in_at_simplesamlphp(own_server, simplesamlphp):
    server = own_server()
    condition = {"StringEquals": {"saml:aud": ACS, "saml:iss": simplesamlphp.entity, "saml:sub_type": "persistent"},
                 "ForAnyValue:StringEquals": {"saml:edupersonaffiliation": "staff"}}
    sts = trusting(server, simplesamlphp.metadata, condition)
    response = simplesamlphp.sign_in()
    answer = ask(sts, response)
    assert (answer["Subject"], answer["SubjectType"]) == ("alice", "persistent")
    assert (answer["Issuer"], answer["Audience"]) == (simplesamlphp.entity, ACS)
    assert answer["SourceIdentity"] == "alice" and answer["AssumedRoleUser"]["Arn"].endswith(":assumed-role/people/alice@example.com")
    server.root.with_credentials(answer["Credentials"]).iam.list_users()
    with refused(INVALID, "The SAML assertion has been used before", status=400):
        ask(sts, response)
    changed = base64.b64decode(simplesamlphp.sign_in()).replace(b">alice@example.com<", b">root@example.com<")
    with refused(INVALID, SIGNATURE_INVALID, status=400):
        ask(sts, changed)
    with refused("AccessDenied", f"Not authorized to perform {ACTION}", status=403):
        ask(sts, simplesamlphp.sign_in(), ROLE + "x")


def test_a_profile_whose_process_brings_the_assertion(own_server, simplesamlphp, tmp_path):
    """`portcullis credentials saml`: an assertion is used once, so every further program has what was kept."""
    server = own_server()
    trusting(server, simplesamlphp.metadata)
    assertion = tmp_path / "assertion"
    assertion.write_text(simplesamlphp.sign_in())
    profile = Profile(tmp_path, server.url, f"{BINARY} credentials saml --endpoint-url {server.url} --role-arn {ROLE} "
                                            f"--principal-arn {PROVIDER} --assertion-file {assertion}")
    person = f"arn:aws:sts::{ACCOUNT}:assumed-role/people/alice@example.com"
    assert arns(profile.variables) == {"boto3": person, "the AWS CLI": person}
    first = profile.printed()
    profile.let_expire()
    assertion.write_text(simplesamlphp.sign_in())
    assert profile.printed()["AccessKeyId"] != first["AccessKeyId"]


def test_an_encrypted_assertion_of_simplesamlphp(own_server, simplesamlphp, tmp_path):
    key, certificate = tmp_path / "sp.key", simplesamlphp.folder / "cert/sp.pem"
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=sp", "-days", "2", "-keyout", str(key),
            "-out", str(certificate))
    server = own_server()
    sts = trusting(server, simplesamlphp.metadata, AssertionEncryptionMode="Required", AddPrivateKey=key.read_text())
    with refused(INVALID, "SAML assertion must be encrypted", status=400):
        ask(sts, simplesamlphp.sign_in())
    simplesamlphp.configure(simplesamlphp.attributes, ACS, encryption="sp.pem")
    try:
        response = simplesamlphp.sign_in()
    finally:
        simplesamlphp.configure(simplesamlphp.attributes, ACS)
    assert b"EncryptedAssertion" in base64.b64decode(response) and b"alice" not in base64.b64decode(response)
    assert ask(sts, response)["Subject"] == "alice"


class XmlSec:
    """A provider whose assertions the xmlsec1 command signs."""

    def __init__(self, folder):
        self.folder = folder
        self.key, self.certificate = folder / "idp.key", folder / "idp.pem"
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=idp", "-days", "2",
                "-keyout", str(self.key), "-out", str(self.certificate))
        self.counter = 0

    @property
    def metadata(self):
        body = "".join(self.certificate.read_text().splitlines()[1:-1])
        return (f'<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://idp.example">'
                f'<IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><KeyDescriptor use="signing">'
                f'<KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data><X509Certificate>{body}</X509Certificate></X509Data>'
                f'</KeyInfo></KeyDescriptor><SingleSignOnService Binding="b" Location="https://idp.example/sso"/>'
                f'</IDPSSODescriptor></EntityDescriptor>')

    def response(self, style="plain", subject="alice", signed="Assertion", method="rsa-sha256", digest="sha256", prefixes=None):
        """A response that xmlsec1 signed, written in one of several styles."""
        self.counter += 1
        now = datetime.datetime.now(datetime.timezone.utc)
        at = lambda seconds: (now + datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")  # noqa: E731
        ids = {"Response": f"r{self.counter}", "Assertion": f"a{self.counter}"}
        more = "http://www.w3.org/2001/04/xmldsig-more#" if method != "rsa-sha1" else "http://www.w3.org/2000/09/xmldsig#"
        digest_uri = {"sha1": "http://www.w3.org/2000/09/xmldsig#sha1", "sha384": "http://www.w3.org/2001/04/xmldsig-more#sha384"}
        digest_uri = digest_uri.get(digest, f"http://www.w3.org/2001/04/xmlenc#{digest}")
        exclusive = "http://www.w3.org/2001/10/xml-exc-c14n#"
        kept = f'<ec:InclusiveNamespaces xmlns:ec="{exclusive}" PrefixList="{prefixes}"/>' if prefixes else ""
        template = (f'<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:SignedInfo><ds:CanonicalizationMethod '
                    f'Algorithm="{exclusive}"/><ds:SignatureMethod Algorithm="{more}{method}"/><ds:Reference URI="#{ids[signed]}">'
                    f'<ds:Transforms><ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/>'
                    f'<ds:Transform Algorithm="{exclusive}">{kept}</ds:Transform></ds:Transforms><ds:DigestMethod '
                    f'Algorithm="{digest_uri}"/><ds:DigestValue/></ds:Reference></ds:SignedInfo><ds:SignatureValue/></ds:Signature>')
        place = lambda element: template if signed == element else ""  # noqa: E731
        text = f"""<?xml version="1.0" encoding="UTF-8"?>
<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:unused="urn:unused" ID="{ids['Response']}" Version="2.0" IssueInstant="{at(0)}">
  <saml:Issuer>https://idp.example</saml:Issuer>{place('Response')}
  <samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>
  <saml:Assertion ID="{ids['Assertion']}" Version="2.0" IssueInstant="{at(0)}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
    <saml:Issuer>https://idp.example</saml:Issuer>{place('Assertion')}
    <saml:Subject><saml:NameID Format="urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress">{subject}</saml:NameID>
      <saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData
         Recipient="{ACS}"   NotOnOrAfter='{at(200)}' /></saml:SubjectConfirmation></saml:Subject>
    <saml:Conditions NotBefore="{at(-60)}" NotOnOrAfter="{at(200)}"><saml:AudienceRestriction>
      <saml:Audience>{ACS}</saml:Audience></saml:AudienceRestriction></saml:Conditions>
    <saml:AuthnStatement AuthnInstant="{at(0)}"><saml:AuthnContext/></saml:AuthnStatement>
    <saml:AttributeStatement>
      <saml:Attribute Name="{OWN}Role"><saml:AttributeValue xsi:type="xs:string">{ROLE},{PROVIDER}</saml:AttributeValue></saml:Attribute>
      <saml:Attribute Name="{OWN}RoleSessionName"><saml:AttributeValue xsi:type="xs:string">alice</saml:AttributeValue></saml:Attribute>
      <saml:Attribute Name="urn:x" z="&lt;&quot;&#9;&amp;>" a='b'><saml:AttributeValue><![CDATA[<&>]]> &#13; &gt; äß€𝄞</saml:AttributeValue></saml:Attribute>
    </saml:AttributeStatement>
  </saml:Assertion>
</samlp:Response>
"""
        if style == "default namespace":
            start, end = text.index("<saml:Assertion"), text.index("</samlp:Response>")
            inner = re.sub(r"(</?)saml:", r"\1", text[start:end]).replace(
                "<Assertion ", '<Assertion xmlns="urn:oasis:names:tc:SAML:2.0:assertion" ', 1)
            text = text[:start] + inner + text[end:]
        if style == "windows lines":
            text = text.replace("\n", "\r\n")
        return self.sign(text, signed)

    def sign(self, text, element):
        unsigned, signed = self.folder / "unsigned.xml", self.folder / "signed.xml"
        unsigned.write_bytes(text.encode())
        kind = {"Response": "urn:oasis:names:tc:SAML:2.0:protocol", "Assertion": "urn:oasis:names:tc:SAML:2.0:assertion"}[element]
        done = subprocess.run(["xmlsec1", "--sign", "--privkey-pem", self.key, "--id-attr:ID", f"{kind}:{element}",
                               "--output", signed, unsigned], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return signed.read_bytes()

    def verifies(self, document, element="Assertion"):
        file = self.folder / "verify.xml"
        file.write_bytes(document)
        kind = "protocol" if element == "Response" else "assertion"
        done = subprocess.run(["xmlsec1", "--verify", "--pubkey-cert-pem", self.certificate, "--id-attr:ID",
                               f"urn:oasis:names:tc:SAML:2.0:{kind}:{element}", file], capture_output=True)
        return done.returncode == 0


@pytest.fixture(scope="module")
def xmlsec(tmp_path_factory):
    return XmlSec(tmp_path_factory.mktemp("xmlsec"))


STYLES = [
    {}, {"signed": "Response"}, {"style": "default namespace"}, {"style": "default namespace", "signed": "Response"},
    {"style": "windows lines"}, {"prefixes": "xs xsi"}, {"prefixes": "unused #default xs"},
    {"prefixes": "#default saml samlp unused", "signed": "Response"}, {"method": "rsa-sha384", "digest": "sha384"},
    {"method": "rsa-sha512", "digest": "sha512"},
    {"style": "default namespace", "prefixes": "#default unused"},
]


def test_what_xmlsec1_signs_is_believed_and_what_it_refutes_is_not(own_server, xmlsec):
    server = own_server()
    sts = trusting(server, xmlsec.metadata)
    for number, style in enumerate(STYLES):
        document = xmlsec.response(**style)
        element = style.get("signed", "Assertion")
        assert xmlsec.verifies(document, element), style
        # What a canonical form does not see, and what it does.
        same = document.replace(b"a='b'", b'a = "b"') if b"a='b'" in document else document.replace(b'a="b"', b"a = 'b'")
        assert same != document and xmlsec.verifies(same, element), style
        for changed in (
            document.replace(b"alice", b"mallory"), document.replace(b"<saml:Subject>", b"<saml:Subject> ").replace(b"<Subject>", b"<Subject> "),
            document.replace("ä".encode(), "a".encode()), document.replace(b"xs:string", b"xs:other"),
            document.replace(b'Version="2.0" IssueInstant', b'Version="2.0" More="1" IssueInstant'),
        ):
            assert changed != document and not xmlsec.verifies(changed, element), style
            with refused(INVALID, SIGNATURE_INVALID, status=400):
                ask(sts, changed)
        answer = ask(sts, same if number % 2 else document)
        assert answer["Subject"] == "alice" and answer["SubjectType"] == "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"


def test_sha1_counts_only_where_it_is_asked_for(own_server, xmlsec):
    document = xmlsec.response(method="rsa-sha1", digest="sha1")
    strict, lenient = own_server(name="strict"), own_server("--saml-sha1", name="lenient")
    with refused(INVALID, SIGNATURE_INVALID, status=400):
        ask(trusting(strict, xmlsec.metadata), document)
    ask(trusting(lenient, xmlsec.metadata), document)


def test_an_address_of_one_s_own(own_server, xmlsec):
    own = "https://iam.example.com/saml"
    document = xmlsec.response()
    unsigned = re.sub(rb"<ds:Signature .*</ds:Signature>", b"", document, flags=re.S)
    assert b"<ds:" not in unsigned
    sts = trusting(own_server(), xmlsec.metadata)
    with refused(INVALID, SIGNATURE_INVALID, status=400):
        ask(sts, unsigned)
    server = own_server("--saml-recipient", own, name="own")
    sts = trusting(server, xmlsec.metadata)
    global ACS
    aws, ACS = ACS, own
    try:
        document = xmlsec.response()
    finally:
        ACS = aws
    assert ask(sts, document)["Audience"] == own


def test_documents_that_attack_the_reader(own_server, xmlsec):
    sts = trusting(own_server(), xmlsec.metadata)
    document = xmlsec.response().decode()
    head, body = document.split("?>", 1)
    bomb = '<!DOCTYPE x [<!ENTITY a "' + "a" * 1000 + '"><!ENTITY b "' + "&a;" * 1000 + '">]>'
    nested = "<a>" * 5000 + "</a>" * 5000
    for attack in (
        f"{head}?>{bomb}{body.replace('alice', '&b;', 1)}",
        f'{head}?><!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>{body.replace("alice", "&f;", 1)}',
        f'{head}?><!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd">{body}',
        document.replace("alice<", "ali<!-- -->ce<"), document.replace("<samlp:Status>", nested + "<samlp:Status>"),
        document.replace("<samlp:Status>", "<samlp:Status ID='a1'>").replace(f"a{xmlsec.counter}", "a1"),
        document[:-40], "", "x",
    ):
        data = attack.encode() or b"x"
        with refused(INVALID, status=400):
            ask(sts, data)
    with refused("ValidationError", status=400):
        ask(sts, "A" * 100_001)
