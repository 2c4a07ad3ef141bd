#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    (fuzz::targets::sigv4_header::TARGET.body)(data);
});
