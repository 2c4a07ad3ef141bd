//! The Query codec: form parameters in, a validated input or a fault out.

use wire::{Operation, query::Form, redacted_json};

use crate::target::{Seen, Target};

/// See the module.
pub const TARGET: Target = Target { name: "query", seeds, words: WORDS, body };

fn body(data: &[u8]) -> Seen {
    let form = match Form::parse(data) {
        Ok(form) => form,
        Err(fault) => return Seen::refused(fault.code),
    };
    // Without a known action every byte would end here: then the length chooses the operation.
    let operation = form.action().and_then(find).unwrap_or_else(|| any(data.len()));
    match wire::query::input(operation, &form) {
        Ok(input) => {
            // Read once more, it is the same; and the audit can show it.
            let again = wire::query::input(operation, &form).expect("the same parameters");
            assert_eq!(again.members_present(), input.members_present());
            assert!(redacted_json(&input).is_object());
            Seen::accepted((operation.name, input.members_present()))
        }
        Err(fault) => {
            assert!((400..600).contains(&fault.status), "{fault:?}");
            assert!(!fault.message.is_empty() && fault.log.is_none(), "{fault:?}");
            Seen::refused((operation.name, fault.code, fault.message.len().min(400) / 20))
        }
    }
}

/// The members that an input has.
trait Present {
    fn members_present(&self) -> Vec<usize>;
}

impl Present for wire::Structure {
    fn members_present(&self) -> Vec<usize> {
        (0..self.shape().members().len()).filter(|&index| self.at(index).is_some()).collect()
    }
}

fn find(name: &str) -> Option<&'static Operation> {
    api::iam::SERVICE.operation(name).or_else(|| api::sts::SERVICE.operation(name))
}

fn any(number: usize) -> &'static Operation {
    let operations = api::iam::SERVICE.operations;
    operations[number % operations.len()]
}

fn seeds() -> Vec<Vec<u8>> {
    let texts = [
        "Action=CreateUser&Version=2010-05-08&UserName=alice&Path=%2Fa%2F&Tags.member.1.Key=k&Tags.member.1.Value=v",
        "Action=PutUserPolicy&Version=2010-05-08&UserName=bob&PolicyName=p&PolicyDocument=%7B%22Version%22%3A%222012-10-17%22%7D",
        "Action=ListUsers&Version=2010-05-08&MaxItems=10&Marker=abc&PathPrefix=%2F",
        "Action=CreateRole&Version=2010-05-08&RoleName=r&AssumeRolePolicyDocument=%7B%7D&MaxSessionDuration=3600",
        "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fr&RoleSessionName=s&DurationSeconds=900&Tags.member.1.Key=a&Tags.member.1.Value=b&TransitiveTagKeys.member.1=a&PolicyArns.member.1.arn=arn%3Aaws%3Aiam%3A%3Aaws%3Apolicy%2FReadOnlyAccess",
        "Action=GetCallerIdentity&Version=2011-06-15",
        "Action=SimulateCustomPolicy&Version=2010-05-08&PolicyInputList.member.1=x&ActionNames.member.1=s3%3AGetObject&ContextEntries.member.1.ContextKeyName=a&ContextEntries.member.1.ContextKeyValues.member.1=b&ContextEntries.member.1.ContextKeyType=string",
        "Action=UpdateAccessKey&Version=2010-05-08&AccessKeyId=AKIAIOSFODNN7EXAMPLE&Status=Inactive",
        "Action=EnableMFADevice&Version=2010-05-08&UserName=u&SerialNumber=arn%3Aaws%3Aiam%3A%3A123456789012%3Amfa%2Fd&AuthenticationCode1=123456&AuthenticationCode2=654321",
    ];
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

const WORDS: &[&str] = &[
    "&",
    "=",
    ".member.",
    ".member.1",
    ".member.2.Key=",
    ".member.0=",
    ".member.01=",
    ".member.999999999999=",
    ".entry.1.key=",
    "&UserName=",
    "&RoleName=",
    "&PolicyDocument=",
    "&Tags.member.1.Key=",
    "&Tags.member.1=",
    "&Tags=",
    "&MaxItems=",
    "&MaxItems=0",
    "&Path=",
    "&Version=2010-05-08",
    "Action=CreateUser",
    "Action=CreatePolicy",
    "Action=TagRole",
    "Action=AssumeRole",
    "Action=CreateVirtualMFADevice",
    "Action=UploadServerCertificate",
    "&Description=",
    "&DurationSeconds=",
    "true",
    "false",
    "2026-01-01T00:00:00Z",
    "%C3%A4",
    "%ED%A0%80",
];
