#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    (fuzz::targets::sigv4_presigned::TARGET.body)(data);
});
