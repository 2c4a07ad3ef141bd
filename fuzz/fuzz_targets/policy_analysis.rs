#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    (fuzz::targets::policy_analysis::TARGET.body)(data);
});
