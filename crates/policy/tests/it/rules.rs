//! Which test holds which rule of the semantics.

use std::path::Path;

use Where::{Elsewhere, Tests};

enum Where {
    /// Tests of this crate that fail without the rule.
    Tests(&'static [&'static str]),
    /// The rule is not the engine's.
    Elsewhere(&'static str),
}

/// Every numbered rule, in order.
const RULES: &[(&str, Where)] = &[
    (
        "1.1",
        Tests(&[
            "keys_are_found_in_any_case_and_the_last_value_stays",
            "the_owner_is_read_from_the_arn_where_nobody_tells_it",
        ]),
    ),
    ("1.2", Tests(&["an_explicit_deny_of_any_layer_wins", "session_policies_are_one_union"])),
    (
        "1.3",
        Tests(&[
            "a_statement_applies_only_if_every_part_does",
            "statements_and_policies_of_one_set_are_alternatives",
        ]),
    ),
    ("1.4", Tests(&["an_absent_layer_is_not_an_empty_one", "layers_tell_their_results"])),
    ("1.5", Tests(&["an_explicit_deny_is_reported_beside_implicit_ones"])),
    (
        "1.6",
        Tests(&[
            "a_principal_where_none_belongs_can_only_deny",
            "what_is_not_a_policy_is_told_with_its_place",
        ]),
    ),
    ("1.7", Elsewhere("the decision point asks once for each pair of action and resource")),
    ("2.1", Tests(&["the_caller_s_identity_needs_no_permission"])),
    ("2.2", Tests(&["an_explicit_deny_of_any_layer_wins"])),
    ("2.3", Tests(&["every_level_must_allow_and_any_may_deny"])),
    ("2.4", Tests(&["every_level_must_allow_and_any_may_deny"])),
    (
        "2.5",
        Tests(&[
            "an_absent_layer_is_not_an_empty_one",
            "an_endpoint_s_policy_matches_principals_as_a_resource_s",
        ]),
    ),
    ("2.6", Tests(&["direct_grants_follow_the_table", "everyone_narrowed_to_the_role_is_a_direct_grant"])),
    ("2.7", Tests(&["allow_with_not_principal_is_everyone_else"])),
    ("2.8", Tests(&["the_identity_path_needs_boundary_and_session_too"])),
    (
        "2.9",
        Tests(&[
            "direct_grants_follow_the_table",
            "a_role_is_assumed_only_with_its_trust",
            "a_key_s_policy_is_the_root_of_authority",
        ]),
    ),
    (
        "2.10",
        Tests(&[
            "a_role_session_without_session_policy_is_not_limited_by_one",
            "a_federated_user_without_session_policy_has_nothing_of_its_own",
        ]),
    ),
    (
        "2.11",
        Tests(&[
            "the_root_user_may_do_everything_in_its_account",
            "the_root_user_assumes_no_role",
            "a_root_session_is_limited_by_its_task_policy",
        ]),
    ),
    ("2.12", Tests(&["the_unsigned_are_allowed_by_the_resource_s_policy_alone"])),
    (
        "2.13",
        Tests(&["the_unsigned_are_allowed_by_the_resource_s_policy_alone", "a_service_is_named_or_everyone"]),
    ),
    ("2.14", Tests(&["an_arn_says_what_kind_of_principal_it_names"])),
    ("3.1", Tests(&["both_sides_must_allow", "any_kind_of_grant_suffices_on_the_resource_s_side"])),
    ("3.2", Tests(&["no_grant_is_direct_across_accounts"])),
    ("3.3", Tests(&["without_a_resource_policy_nothing_crosses"])),
    ("3.4", Tests(&["both_sides_must_allow", "resource_control_binds_everyone_but_service_linked_roles"])),
    ("3.5", Tests(&["partitions_never_trust_each_other"])),
    ("3.6", Tests(&["callers_without_account_need_the_resource_s_policy_alone"])),
    ("3.7", Elsewhere("access control lists are no part of the policy language")),
    (
        "4.1",
        Tests(&["service_control_binds_member_roots_but_not_the_management_account_or_service_linked_roles"]),
    ),
    (
        "4.2",
        Tests(&[
            "resource_control_binds_everyone_but_service_linked_roles",
            "resource_control_covers_the_services_that_support_it",
        ]),
    ),
    ("4.3", Tests(&["every_level_must_allow_and_any_may_deny", "neither_grants_anything"])),
    (
        "4.4",
        Tests(&[
            "control_policies_have_one_text_for_everything",
            "service_control_may_allow_with_conditions_and_resources",
        ]),
    ),
    ("4.5", Tests(&["control_policies_have_one_text_for_everything"])),
    ("4.6", Tests(&["each_kind_of_principal_has_its_keys"])),
    ("5.1a", Tests(&["both_halves_ignore_case_and_the_name_takes_wildcards"])),
    ("5.1b", Tests(&["a_star_does_not_cross_the_colon_and_the_service_takes_none", "actions_have_a_vendor"])),
    ("5.1c", Tests(&["a_star_does_not_cross_the_colon_and_the_service_takes_none"])),
    ("5.1d", Tests(&["not_action_is_the_complement"])),
    ("5.1e", Tests(&["both_halves_ignore_case_and_the_name_takes_wildcards"])),
    (
        "5.1f",
        Tests(&["matching_follows_the_definition", "the_worst_patterns_are_told_without_trying_every_way"]),
    ),
    ("5.2a", Tests(&["the_pattern_is_one_glob_over_the_whole_arn"])),
    ("5.2b", Tests(&["the_pattern_is_one_glob_over_the_whole_arn"])),
    ("5.2c", Tests(&["the_pattern_is_one_glob_over_the_whole_arn"])),
    ("5.2d", Tests(&["the_pattern_is_one_glob_over_the_whole_arn"])),
    ("5.2e", Tests(&["the_pattern_is_one_glob_over_the_whole_arn", "resources_are_arns"])),
    ("5.2f", Tests(&["the_pattern_is_one_glob_over_the_whole_arn"])),
    ("5.2g", Tests(&["a_short_arn_means_what_its_layer_says"])),
    (
        "5.2h",
        Tests(&["a_variable_without_value_takes_nothing", "variables_count_behind_the_fifth_colon_only"]),
    ),
    ("5.2i", Tests(&["not_resource_is_the_complement_and_speaks_of_requests_without_resource"])),
    (
        "5.2j",
        Tests(&[
            "a_request_without_resource_takes_resource_star_only",
            "a_request_without_a_resource_is_matched_by_a_star_alone",
        ]),
    ),
    ("5.2k", Tests(&["only_a_resource_s_own_policy_may_leave_the_resource_out"])),
    ("5.2l", Tests(&["a_star_in_an_object_s_name_is_a_character"])),
    ("5.2m", Tests(&["the_pattern_is_one_glob_over_the_whole_arn"])),
    ("5.3a", Tests(&["a_star_is_everyone_in_either_form"])),
    ("5.3b", Tests(&["there_are_no_partial_wildcards"])),
    ("5.3c", Tests(&["an_account_is_its_id_or_its_root_arn"])),
    ("5.3d", Tests(&["a_role_arn_reaches_its_sessions_by_name_whatever_the_path"])),
    ("5.3e", Tests(&["users_and_sessions_are_matched_exactly"])),
    ("5.3f", Tests(&["users_and_sessions_are_matched_exactly"])),
    ("5.3g", Tests(&["services_and_providers_are_matched_exactly_and_under_their_key"])),
    (
        "5.3h",
        Tests(&[
            "users_and_sessions_are_matched_exactly",
            "a_role_arn_reaches_its_sessions_by_name_whatever_the_path",
        ]),
    ),
    (
        "5.3i",
        Tests(&[
            "not_principal_excepts_what_it_lists",
            "a_deny_excepts_a_role_session_only_with_session_role_and_account",
            "deny_with_not_principal_excepts_nobody_for_its_account_alone",
        ]),
    ),
    ("5.3j", Tests(&["deny_with_not_principal_denies_whoever_has_a_boundary"])),
    (
        "5.3k",
        Tests(&[
            "a_resource_policy_without_principal_takes_nobody",
            "a_resource_control_policy_without_principal_matches_nobody",
        ]),
    ),
    (
        "5.3l",
        Tests(&[
            "a_principal_where_none_belongs_can_only_deny",
            "stages_come_in_iam_s_order",
            "trust_policies_trust_principals_with_role_actions",
        ]),
    ),
    (
        "6.1a",
        Tests(&[
            "a_condition_is_and_over_operators_and_keys",
            "values_of_one_key_are_alternatives_and_negated_ones_all_count",
        ]),
    ),
    ("6.1b", Tests(&["key_names_ignore_case_also_behind_the_slash"])),
    ("6.1c", Tests(&["keys_are_found_in_any_case_and_the_last_value_stays"])),
    ("6.1d", Tests(&["operator_names_are_exact", "whatever_breaks_the_grammar_is_a_syntax_error"])),
    ("6.1e", Tests(&["a_scalar_stands_for_a_list_of_one", "string_operators"])),
    (
        "6.1f",
        Tests(&[
            "a_condition_is_and_over_operators_and_keys",
            "values_of_one_key_are_alternatives_and_negated_ones_all_count",
        ]),
    ),
    ("6.2", Tests(&["absent_keys_follow_the_table"])),
    ("6.3a", Tests(&["negation_comes_before_the_quantifier"])),
    ("6.3b", Tests(&["nothing_but_empty_strings_is_an_empty_set"])),
    ("6.3c", Tests(&["negation_comes_before_the_quantifier"])),
    ("6.3d", Tests(&["a_list_needs_a_set_qualifier"])),
    ("6.3e", Tests(&["null_asks_whether_the_key_is_there"])),
    ("6.3f", Tests(&["operator_names_are_exact"])),
    ("6.3g", Tests(&["negation_comes_before_the_quantifier"])),
    ("6.4", Tests(&["absent_keys_follow_the_table", "operator_names_are_exact"])),
    ("6.5", Tests(&["null_asks_whether_the_key_is_there"])),
    ("6.6a", Tests(&["string_operators"])),
    ("6.6b", Tests(&["string_operators"])),
    ("6.6c", Tests(&["variables_in_values", "a_wildcard_inside_a_value_is_literal"])),
    ("6.6d", Tests(&["string_operators", "a_star_matches_any_run_and_a_question_mark_one_character"])),
    ("6.6e", Tests(&["string_operators"])),
    ("6.7a", Tests(&["arn_operators_match_segment_by_segment"])),
    ("6.7b", Tests(&["arn_operators_match_segment_by_segment"])),
    ("6.7c", Tests(&["arn_operators_match_segment_by_segment"])),
    ("6.7d", Tests(&["arn_operators_match_segment_by_segment"])),
    ("6.7e", Tests(&["arn_operators_match_segment_by_segment"])),
    ("6.8", Tests(&["numeric_operators_are_exact"])),
    ("6.9", Tests(&["date_operators_compare_moments", "dates_that_are_none_fail_in_the_older_parser"])),
    ("6.10", Tests(&["the_boolean_operator_ignores_case_and_takes_nothing_else"])),
    ("6.11", Tests(&["the_binary_operator_compares_bytes"])),
    ("6.12a", Tests(&["address_operators"])),
    ("6.12b", Tests(&["address_operators"])),
    ("6.12c", Tests(&["address_operators"])),
    ("6.12d", Tests(&["address_operators"])),
    ("6.12e", Tests(&["address_operators"])),
    ("6.12f", Elsewhere("the server fills aws:SourceIp")),
    ("6.13a", Tests(&["version_2008_has_no_variables", "versions_before_2012_have_no_variables"])),
    (
        "6.13b",
        Tests(&[
            "variables_are_filled_in_without_regard_to_case",
            "a_default_stands_in_for_an_absent_key_only",
        ]),
    ),
    ("6.13c", Tests(&["escapes_are_characters_and_an_open_brace_is_text"])),
    ("6.13d", Tests(&["a_default_stands_in_for_an_absent_key_only"])),
    ("6.13e", Tests(&["variables_in_values"])),
    ("6.13f", Tests(&["escapes_are_characters_and_an_open_brace_is_text"])),
    (
        "6.13g",
        Tests(&[
            "variables_count_behind_the_fifth_colon_only",
            "variables_in_values",
            "there_are_no_partial_wildcards",
        ]),
    ),
    ("6.13h", Tests(&["each_kind_of_principal_has_its_keys"])),
    ("6.14", Tests(&["each_kind_of_principal_has_its_keys", "the_clock_is_given_and_what_is_there_stays"])),
    ("7.1", Tests(&["a_role_is_assumed_only_with_its_trust"])),
    ("7.2", Tests(&["direct_trust_passes_boundary_and_session_as_any_direct_grant"])),
    ("7.3", Tests(&["a_role_does_not_trust_itself"])),
    ("7.4", Tests(&["callers_without_account_need_the_resource_s_policy_alone"])),
    (
        "7.5",
        Tests(&[
            "trust_policies_trust_principals_with_role_actions",
            "a_trust_policy_may_ask_for_an_external_id",
        ]),
    ),
    ("7.6", Tests(&["a_role_is_assumed_only_with_its_trust"])),
    (
        "7.7",
        Tests(&[
            "a_key_s_policy_is_the_root_of_authority",
            "kms_without_a_key_is_ordinary_and_aws_aliases_are_fixed",
        ]),
    ),
    ("7.8", Elsewhere("grants of KMS are no policies; there is no KMS yet")),
    ("7.9", Tests(&["what_is_aws_s_own_in_iam_cannot_be_changed"])),
    (
        "7.10",
        Tests(&[
            "what_is_aws_s_own_in_iam_cannot_be_changed",
            "resource_control_binds_everyone_but_service_linked_roles",
        ]),
    ),
    ("7.11", Tests(&["passing_a_role_is_asked_of_the_role_with_its_service"])),
    (
        "7.11a",
        Tests(&[
            "session_tokens_reach_iam_only_with_mfa",
            "get_session_token_needs_no_permission",
            "federation_tokens_reach_neither_iam_nor_sts",
        ]),
    ),
    ("7.12", Elsewhere("S3's own settings")),
    ("7.13", Elsewhere("the keys are filled by the IAM service")),
    (
        "8.1",
        Tests(&[
            "stages_come_in_iam_s_order",
            "resources_are_arns",
            "actions_have_a_vendor",
            "whatever_breaks_the_grammar_is_a_syntax_error",
        ]),
    ),
    ("8.2", Tests(&["iam_accepts_these_surprises"])),
    ("8.3", Tests(&["trust_policies_trust_principals_with_role_actions"])),
    (
        "8.4",
        Tests(&[
            "a_key_that_stands_twice_is_refused_at_its_second_place",
            "sids_are_alphanumeric",
            "whatever_breaks_the_grammar_is_a_syntax_error",
        ]),
    ),
    ("8.5", Tests(&["whitespace_counts_within_strings_only"])),
    ("8.6", Elsewhere("quotas of entities are the directory's; names are those of `types`")),
    ("8.7", Elsewhere("uniqueness of names is the directory's")),
    ("8.8", Tests(&["a_scalar_stands_for_a_list_of_one"])),
];

/// How many rules there are in each part, so that none is forgotten.
const COUNTS: [(&str, usize); 8] =
    [("1.", 7), ("2.", 14), ("3.", 7), ("4.", 6), ("5.", 31), ("6.", 45), ("7.", 14), ("8.", 8)];

#[test]
fn every_rule_has_a_test_that_exists() {
    let mut sources = String::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    collect(&root.join("src"), &mut sources);
    collect(&root.join("tests"), &mut sources);
    for (rule, place) in RULES {
        match place {
            Tests(names) => {
                assert!(!names.is_empty(), "{rule} has no test");
                for name in *names {
                    assert!(sources.contains(&format!("fn {name}(")), "{rule}: there is no test `{name}`");
                }
            }
            Elsewhere(reason) => assert!(!reason.is_empty(), "{rule}"),
        }
    }
    for (part, count) in COUNTS {
        assert_eq!(RULES.iter().filter(|(rule, _)| rule.starts_with(part)).count(), count, "§{part}");
    }
}

fn collect(folder: &Path, sources: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, sources);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            sources.push_str(&std::fs::read_to_string(&path).unwrap());
        }
    }
}
