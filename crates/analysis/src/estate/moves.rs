//! The moves by which one comes to act as somebody else, or to do everything: each a row.
//!
//! They are those that the public literature on privilege escalation in AWS lists; the permissions are checked against
//! the catalog by a test.

/// A move.
#[derive(Debug, Clone, Copy)]
pub struct Move {
    /// What it is called: the actions that matter, in short.
    pub id: &'static str,
    /// What it yields.
    pub yields: Yields,
    /// The permissions that it takes, all of them.
    pub needs: &'static [Need],
}

/// A permission that a move takes.
#[derive(Debug, Clone, Copy)]
pub struct Need {
    /// The action.
    pub action: &'static str,
    /// On what.
    pub on: On,
}

/// What a permission has to be about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On {
    /// The user or role that one comes to act as.
    Target,
    /// The target, passed to the service that the move yields a role of.
    Passed,
    /// Whoever moves.
    Caller,
    /// A group of the caller.
    CallerGroup,
    /// A group that may do everything.
    AdministratorGroup,
    /// A policy of the account's own that is attached to the caller or a group of it.
    CallerPolicy,
    /// Such a policy with another version that allows everything.
    CallerPolicyWithWiderVersion,
    /// A policy of the account's own that is attached to the target.
    TargetPolicy,
    /// The SAML provider that the target trusts.
    Provider,
    /// A user that is yet to be made.
    NewUser,
    /// A role that is yet to be made.
    NewRole,
    /// Any resource.
    Anything,
}

/// What a move yields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Yields {
    /// One acts as the target, a user.
    User,
    /// One acts as the target, a role, whomever it trusts.
    Role,
    /// One acts as the target, a role that trusts this service and is handed to something new.
    RoleOf(&'static str),
    /// The same where something runs as the role already: whether it does, policies do not tell.
    RoleInUseBy(&'static str),
    /// One acts as the target, a role that trusts a SAML provider.
    RoleOfProvider,
    /// The caller, a user, may do everything.
    EverythingAsUser,
    /// The caller, a role, may do everything.
    EverythingAsRole,
    /// The caller may do what its own policies say, without its boundary.
    EverythingUnbounded,
    /// The target, a user, may do everything, and one acts as it.
    EverythingAsOtherUser,
    /// The target, a role, may do everything, and one acts as it.
    EverythingAsOtherRole,
    /// The target, a role that the caller can assume, may do everything.
    EverythingAsAssumedRole,
    /// Somebody new may do everything, and one acts as it.
    EverythingAsNew,
}

const fn on(action: &'static str, on: On) -> Need {
    Need { action, on }
}

const fn any(action: &'static str) -> Need {
    Need { action, on: On::Anything }
}

const PASS: Need = Need { action: "iam:PassRole", on: On::Passed };

const fn row(id: &'static str, yields: Yields, needs: &'static [Need]) -> Move {
    Move { id, yields, needs }
}

use On::{
    AdministratorGroup, Caller, CallerGroup, CallerPolicy, CallerPolicyWithWiderVersion, NewRole, NewUser,
    Provider, Target, TargetPolicy,
};
use Yields::{
    EverythingAsAssumedRole, EverythingAsNew, EverythingAsOtherRole, EverythingAsOtherUser, EverythingAsRole,
    EverythingAsUser, EverythingUnbounded, Role, RoleInUseBy, RoleOf, RoleOfProvider, User,
};

const EC2: &str = "ec2.amazonaws.com";
const LAMBDA: &str = "lambda.amazonaws.com";
const GLUE: &str = "glue.amazonaws.com";
const CLOUDFORMATION: &str = "cloudformation.amazonaws.com";
const CODEBUILD: &str = "codebuild.amazonaws.com";
const SAGEMAKER: &str = "sagemaker.amazonaws.com";
const TASKS: &str = "ecs-tasks.amazonaws.com";
const APP_RUNNER: &str = "tasks.apprunner.amazonaws.com";
const AGENTS: &str = "bedrock-agentcore.amazonaws.com";
const STATES: &str = "states.amazonaws.com";

/// All moves.
pub const MOVES: &[Move] = &[
    // To another user.
    row("CreateAccessKey", User, &[on("iam:CreateAccessKey", Target)]),
    row("CreateLoginProfile", User, &[on("iam:CreateLoginProfile", Target)]),
    row("UpdateLoginProfile", User, &[on("iam:UpdateLoginProfile", Target)]),
    // To another role.
    row("UpdateAssumeRolePolicy", Role, &[on("iam:UpdateAssumeRolePolicy", Target)]),
    row("UpdateSAMLProvider", RoleOfProvider, &[on("iam:UpdateSAMLProvider", Provider)]),
    // To everything, by changing what one is granted.
    row("AttachUserPolicy", EverythingAsUser, &[on("iam:AttachUserPolicy", Caller)]),
    row("PutUserPolicy", EverythingAsUser, &[on("iam:PutUserPolicy", Caller)]),
    row("AttachGroupPolicy", EverythingAsUser, &[on("iam:AttachGroupPolicy", CallerGroup)]),
    row("PutGroupPolicy", EverythingAsUser, &[on("iam:PutGroupPolicy", CallerGroup)]),
    row("AddUserToGroup", EverythingAsUser, &[on("iam:AddUserToGroup", AdministratorGroup)]),
    row("CreatePolicyVersion", EverythingAsUser, &[on("iam:CreatePolicyVersion", CallerPolicy)]),
    row(
        "SetDefaultPolicyVersion",
        EverythingAsUser,
        &[on("iam:SetDefaultPolicyVersion", CallerPolicyWithWiderVersion)],
    ),
    row("AttachRolePolicy", EverythingAsRole, &[on("iam:AttachRolePolicy", Caller)]),
    row("PutRolePolicy", EverythingAsRole, &[on("iam:PutRolePolicy", Caller)]),
    row("CreatePolicyVersion", EverythingAsRole, &[on("iam:CreatePolicyVersion", CallerPolicy)]),
    row(
        "SetDefaultPolicyVersion",
        EverythingAsRole,
        &[on("iam:SetDefaultPolicyVersion", CallerPolicyWithWiderVersion)],
    ),
    row(
        "DeleteUserPermissionsBoundary",
        EverythingUnbounded,
        &[on("iam:DeleteUserPermissionsBoundary", Caller)],
    ),
    row("PutUserPermissionsBoundary", EverythingUnbounded, &[on("iam:PutUserPermissionsBoundary", Caller)]),
    row(
        "DeleteRolePermissionsBoundary",
        EverythingUnbounded,
        &[on("iam:DeleteRolePermissionsBoundary", Caller)],
    ),
    row("PutRolePermissionsBoundary", EverythingUnbounded, &[on("iam:PutRolePermissionsBoundary", Caller)]),
    // To everything, by way of somebody else.
    row("AttachRolePolicy+AssumeRole", EverythingAsAssumedRole, &[on("iam:AttachRolePolicy", Target)]),
    row("PutRolePolicy+AssumeRole", EverythingAsAssumedRole, &[on("iam:PutRolePolicy", Target)]),
    row(
        "CreatePolicyVersion+AssumeRole",
        EverythingAsAssumedRole,
        &[on("iam:CreatePolicyVersion", TargetPolicy)],
    ),
    row(
        "AttachUserPolicy+CreateAccessKey",
        EverythingAsOtherUser,
        &[on("iam:AttachUserPolicy", Target), on("iam:CreateAccessKey", Target)],
    ),
    row(
        "AttachUserPolicy+CreateLoginProfile",
        EverythingAsOtherUser,
        &[on("iam:AttachUserPolicy", Target), on("iam:CreateLoginProfile", Target)],
    ),
    row(
        "AttachUserPolicy+UpdateLoginProfile",
        EverythingAsOtherUser,
        &[on("iam:AttachUserPolicy", Target), on("iam:UpdateLoginProfile", Target)],
    ),
    row(
        "PutUserPolicy+CreateAccessKey",
        EverythingAsOtherUser,
        &[on("iam:PutUserPolicy", Target), on("iam:CreateAccessKey", Target)],
    ),
    row(
        "PutUserPolicy+CreateLoginProfile",
        EverythingAsOtherUser,
        &[on("iam:PutUserPolicy", Target), on("iam:CreateLoginProfile", Target)],
    ),
    row(
        "PutUserPolicy+UpdateLoginProfile",
        EverythingAsOtherUser,
        &[on("iam:PutUserPolicy", Target), on("iam:UpdateLoginProfile", Target)],
    ),
    row(
        "CreatePolicyVersion+CreateAccessKey",
        EverythingAsOtherUser,
        &[on("iam:CreatePolicyVersion", TargetPolicy), on("iam:CreateAccessKey", Target)],
    ),
    row(
        "AttachRolePolicy+UpdateAssumeRolePolicy",
        EverythingAsOtherRole,
        &[on("iam:AttachRolePolicy", Target), on("iam:UpdateAssumeRolePolicy", Target)],
    ),
    row(
        "PutRolePolicy+UpdateAssumeRolePolicy",
        EverythingAsOtherRole,
        &[on("iam:PutRolePolicy", Target), on("iam:UpdateAssumeRolePolicy", Target)],
    ),
    row(
        "CreatePolicyVersion+UpdateAssumeRolePolicy",
        EverythingAsOtherRole,
        &[on("iam:CreatePolicyVersion", TargetPolicy), on("iam:UpdateAssumeRolePolicy", Target)],
    ),
    row(
        "CreateUser+AttachUserPolicy+CreateAccessKey",
        EverythingAsNew,
        &[
            on("iam:CreateUser", NewUser),
            on("iam:AttachUserPolicy", NewUser),
            on("iam:CreateAccessKey", NewUser),
        ],
    ),
    row(
        "CreateUser+PutUserPolicy+CreateAccessKey",
        EverythingAsNew,
        &[
            on("iam:CreateUser", NewUser),
            on("iam:PutUserPolicy", NewUser),
            on("iam:CreateAccessKey", NewUser),
        ],
    ),
    row(
        "CreateRole+AttachRolePolicy",
        EverythingAsNew,
        &[on("iam:CreateRole", NewRole), on("iam:AttachRolePolicy", NewRole)],
    ),
    row(
        "CreateRole+PutRolePolicy",
        EverythingAsNew,
        &[on("iam:CreateRole", NewRole), on("iam:PutRolePolicy", NewRole)],
    ),
    // To a role that is handed to something new.
    row("PassRole+ec2:RunInstances", RoleOf(EC2), &[PASS, any("ec2:RunInstances")]),
    row("PassRole+ec2:RequestSpotInstances", RoleOf(EC2), &[PASS, any("ec2:RequestSpotInstances")]),
    row(
        "PassRole+ec2:AssociateIamInstanceProfile",
        RoleOf(EC2),
        &[PASS, any("ec2:AssociateIamInstanceProfile")],
    ),
    row(
        "PassRole+ec2:ReplaceIamInstanceProfileAssociation",
        RoleOf(EC2),
        &[PASS, any("ec2:ReplaceIamInstanceProfileAssociation")],
    ),
    row(
        "PassRole+autoscaling:CreateAutoScalingGroup",
        RoleOf(EC2),
        &[PASS, any("autoscaling:CreateLaunchConfiguration"), any("autoscaling:CreateAutoScalingGroup")],
    ),
    row("PassRole+elasticmapreduce:RunJobFlow", RoleOf(EC2), &[PASS, any("elasticmapreduce:RunJobFlow")]),
    row(
        "PassRole+lambda:CreateFunction+InvokeFunction",
        RoleOf(LAMBDA),
        &[PASS, any("lambda:CreateFunction"), any("lambda:InvokeFunction")],
    ),
    row(
        "PassRole+lambda:CreateFunction+CreateEventSourceMapping",
        RoleOf(LAMBDA),
        &[PASS, any("lambda:CreateFunction"), any("lambda:CreateEventSourceMapping")],
    ),
    row(
        "PassRole+lambda:CreateFunction+AddPermission",
        RoleOf(LAMBDA),
        &[PASS, any("lambda:CreateFunction"), any("lambda:AddPermission")],
    ),
    row(
        "PassRole+lambda:UpdateFunctionConfiguration",
        RoleOf(LAMBDA),
        &[PASS, any("lambda:UpdateFunctionConfiguration"), any("lambda:UpdateFunctionCode")],
    ),
    row("PassRole+glue:CreateDevEndpoint", RoleOf(GLUE), &[PASS, any("glue:CreateDevEndpoint")]),
    row(
        "PassRole+glue:CreateJob+StartJobRun",
        RoleOf(GLUE),
        &[PASS, any("glue:CreateJob"), any("glue:StartJobRun")],
    ),
    row(
        "PassRole+glue:CreateJob+CreateTrigger",
        RoleOf(GLUE),
        &[PASS, any("glue:CreateJob"), any("glue:CreateTrigger")],
    ),
    row(
        "PassRole+glue:UpdateJob+StartJobRun",
        RoleOf(GLUE),
        &[PASS, any("glue:UpdateJob"), any("glue:StartJobRun")],
    ),
    row(
        "PassRole+glue:UpdateJob+CreateTrigger",
        RoleOf(GLUE),
        &[PASS, any("glue:UpdateJob"), any("glue:CreateTrigger")],
    ),
    row(
        "PassRole+glue:CreateSession+RunStatement",
        RoleOf(GLUE),
        &[PASS, any("glue:CreateSession"), any("glue:RunStatement")],
    ),
    row(
        "PassRole+cloudformation:CreateStack",
        RoleOf(CLOUDFORMATION),
        &[PASS, any("cloudformation:CreateStack")],
    ),
    row(
        "PassRole+cloudformation:UpdateStack",
        RoleOf(CLOUDFORMATION),
        &[PASS, any("cloudformation:UpdateStack")],
    ),
    row(
        "PassRole+cloudformation:CreateChangeSet+ExecuteChangeSet",
        RoleOf(CLOUDFORMATION),
        &[PASS, any("cloudformation:CreateChangeSet"), any("cloudformation:ExecuteChangeSet")],
    ),
    row(
        "PassRole+cloudformation:CreateStackSet+CreateStackInstances",
        RoleOf(CLOUDFORMATION),
        &[PASS, any("cloudformation:CreateStackSet"), any("cloudformation:CreateStackInstances")],
    ),
    row(
        "PassRole+cloudformation:UpdateStackSet",
        RoleOf(CLOUDFORMATION),
        &[PASS, any("cloudformation:UpdateStackSet")],
    ),
    row(
        "PassRole+datapipeline:CreatePipeline+PutPipelineDefinition+ActivatePipeline",
        RoleOf("datapipeline.amazonaws.com"),
        &[
            PASS,
            any("datapipeline:CreatePipeline"),
            any("datapipeline:PutPipelineDefinition"),
            any("datapipeline:ActivatePipeline"),
        ],
    ),
    row(
        "PassRole+codebuild:CreateProject+StartBuild",
        RoleOf(CODEBUILD),
        &[PASS, any("codebuild:CreateProject"), any("codebuild:StartBuild")],
    ),
    row(
        "PassRole+codebuild:CreateProject+StartBuildBatch",
        RoleOf(CODEBUILD),
        &[PASS, any("codebuild:CreateProject"), any("codebuild:StartBuildBatch")],
    ),
    row(
        "PassRole+codebuild:UpdateProject+StartBuild",
        RoleOf(CODEBUILD),
        &[PASS, any("codebuild:UpdateProject"), any("codebuild:StartBuild")],
    ),
    row(
        "PassRole+sagemaker:CreateNotebookInstance+CreatePresignedNotebookInstanceUrl",
        RoleOf(SAGEMAKER),
        &[PASS, any("sagemaker:CreateNotebookInstance"), any("sagemaker:CreatePresignedNotebookInstanceUrl")],
    ),
    row(
        "PassRole+sagemaker:CreateTrainingJob",
        RoleOf(SAGEMAKER),
        &[PASS, any("sagemaker:CreateTrainingJob")],
    ),
    row(
        "PassRole+sagemaker:CreateProcessingJob",
        RoleOf(SAGEMAKER),
        &[PASS, any("sagemaker:CreateProcessingJob")],
    ),
    row(
        "PassRole+ecs:RegisterTaskDefinition+RunTask",
        RoleOf(TASKS),
        &[PASS, any("ecs:RegisterTaskDefinition"), any("ecs:RunTask")],
    ),
    row(
        "PassRole+ecs:RegisterTaskDefinition+StartTask",
        RoleOf(TASKS),
        &[PASS, any("ecs:RegisterTaskDefinition"), any("ecs:StartTask")],
    ),
    row(
        "PassRole+ecs:RegisterTaskDefinition+CreateService",
        RoleOf(TASKS),
        &[PASS, any("ecs:RegisterTaskDefinition"), any("ecs:CreateService")],
    ),
    row(
        "PassRole+ecs:RegisterTaskDefinition+UpdateService",
        RoleOf(TASKS),
        &[PASS, any("ecs:RegisterTaskDefinition"), any("ecs:UpdateService")],
    ),
    row(
        "PassRole+batch:RegisterJobDefinition+SubmitJob",
        RoleOf(TASKS),
        &[PASS, any("batch:RegisterJobDefinition"), any("batch:SubmitJob")],
    ),
    row(
        "PassRole+codestar:CreateProject",
        RoleOf("codestar.amazonaws.com"),
        &[PASS, any("codestar:CreateProject")],
    ),
    row(
        "PassRole+states:CreateStateMachine+StartExecution",
        RoleOf(STATES),
        &[PASS, any("states:CreateStateMachine"), any("states:StartExecution")],
    ),
    row(
        "PassRole+states:UpdateStateMachine+StartExecution",
        RoleOf(STATES),
        &[PASS, any("states:UpdateStateMachine"), any("states:StartExecution")],
    ),
    row(
        "PassRole+ssm:StartAutomationExecution",
        RoleOf("ssm.amazonaws.com"),
        &[PASS, any("ssm:CreateDocument"), any("ssm:StartAutomationExecution")],
    ),
    row("PassRole+apprunner:CreateService", RoleOf(APP_RUNNER), &[PASS, any("apprunner:CreateService")]),
    row(
        "PassRole+emr-serverless:CreateApplication+StartJobRun",
        RoleOf("emr-serverless.amazonaws.com"),
        &[PASS, any("emr-serverless:CreateApplication"), any("emr-serverless:StartJobRun")],
    ),
    row(
        "PassRole+bedrock-agentcore:CreateCodeInterpreter+InvokeCodeInterpreter",
        RoleOf(AGENTS),
        &[
            PASS,
            any("bedrock-agentcore:CreateCodeInterpreter"),
            any("bedrock-agentcore:StartCodeInterpreterSession"),
            any("bedrock-agentcore:InvokeCodeInterpreter"),
        ],
    ),
    row(
        "PassRole+scheduler:CreateSchedule",
        RoleOf("scheduler.amazonaws.com"),
        &[PASS, any("scheduler:CreateSchedule")],
    ),
    row(
        "PassRole+rolesanywhere:CreateTrustAnchor+CreateProfile",
        RoleOf("rolesanywhere.amazonaws.com"),
        &[PASS, any("rolesanywhere:CreateTrustAnchor"), any("rolesanywhere:CreateProfile")],
    ),
    // To a role that something runs as already.
    row("lambda:UpdateFunctionCode", RoleInUseBy(LAMBDA), &[any("lambda:UpdateFunctionCode")]),
    row(
        "lambda:UpdateFunctionConfiguration",
        RoleInUseBy(LAMBDA),
        &[any("lambda:UpdateFunctionConfiguration")],
    ),
    row("ssm:SendCommand", RoleInUseBy(EC2), &[any("ssm:SendCommand")]),
    row("ssm:StartSession", RoleInUseBy(EC2), &[any("ssm:StartSession")]),
    row(
        "ec2:ModifyInstanceAttribute",
        RoleInUseBy(EC2),
        &[any("ec2:ModifyInstanceAttribute"), any("ec2:StopInstances"), any("ec2:StartInstances")],
    ),
    row(
        "ec2-instance-connect:SendSSHPublicKey",
        RoleInUseBy(EC2),
        &[any("ec2-instance-connect:SendSSHPublicKey")],
    ),
    row("glue:UpdateDevEndpoint", RoleInUseBy(GLUE), &[any("glue:UpdateDevEndpoint")]),
    row("glue:UpdateJob+StartJobRun", RoleInUseBy(GLUE), &[any("glue:UpdateJob"), any("glue:StartJobRun")]),
    row(
        "sagemaker:CreatePresignedNotebookInstanceUrl",
        RoleInUseBy(SAGEMAKER),
        &[any("sagemaker:CreatePresignedNotebookInstanceUrl")],
    ),
    row(
        "sagemaker:CreatePresignedDomainUrl",
        RoleInUseBy(SAGEMAKER),
        &[any("sagemaker:CreatePresignedDomainUrl")],
    ),
    row(
        "sagemaker:UpdateNotebookInstance",
        RoleInUseBy(SAGEMAKER),
        &[
            any("sagemaker:CreateNotebookInstanceLifecycleConfig"),
            any("sagemaker:StopNotebookInstance"),
            any("sagemaker:UpdateNotebookInstance"),
            any("sagemaker:StartNotebookInstance"),
        ],
    ),
    row("codebuild:StartBuild", RoleInUseBy(CODEBUILD), &[any("codebuild:StartBuild")]),
    row("codebuild:StartBuildBatch", RoleInUseBy(CODEBUILD), &[any("codebuild:StartBuildBatch")]),
    row("ecs:ExecuteCommand", RoleInUseBy(TASKS), &[any("ecs:ExecuteCommand")]),
    row("batch:SubmitJob", RoleInUseBy(TASKS), &[any("batch:SubmitJob")]),
    row("apprunner:UpdateService", RoleInUseBy(APP_RUNNER), &[any("apprunner:UpdateService")]),
    row(
        "bedrock-agentcore:InvokeCodeInterpreter",
        RoleInUseBy(AGENTS),
        &[
            any("bedrock-agentcore:StartCodeInterpreterSession"),
            any("bedrock-agentcore:InvokeCodeInterpreter"),
        ],
    ),
    row("cloudformation:UpdateStack", RoleInUseBy(CLOUDFORMATION), &[any("cloudformation:UpdateStack")]),
    row(
        "cloudformation:CreateChangeSet+ExecuteChangeSet",
        RoleInUseBy(CLOUDFORMATION),
        &[any("cloudformation:CreateChangeSet"), any("cloudformation:ExecuteChangeSet")],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_permission_exists_and_every_role_that_is_handed_on_is_passed() {
        for row in MOVES {
            assert!(!row.needs.is_empty(), "{}", row.id);
            for need in row.needs {
                let (service, name) = need.action.split_once(':').unwrap();
                // CodeStar is gone from the reference, and accounts of old still have it.
                let known = catalog::action(service, name).is_some_and(|action| action.name() == name);
                assert!(known || service == "codestar", "{}: {}", row.id, need.action);
            }
            let passes = row.needs.iter().any(|need| need.on == On::Passed);
            assert_eq!(passes, matches!(row.yields, RoleOf(_)), "{}", row.id);
        }
        assert!(MOVES.len() > 60);
    }
}
