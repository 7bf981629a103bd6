//! Tables of prices, own and imported: whatever they say, no call costs more than its bound, and
//! one table has one digest.
#![no_main]

use bailiwick_facts::{Day, Prices, Usage};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let own = std::str::from_utf8(bytes).ok().and_then(|text| Prices::parse(text).ok());
    let imported = Prices::import(bytes).ok().map(|it| it.prices);
    for prices in [own, imported].into_iter().flatten() {
        assert_eq!(prices.digest(), prices.clone().over(prices.clone()).digest());
        let day = Day::from_number(20_779);
        for (provider, model) in [("anthropic", "sonnet-large"), ("azure", "eu/large"), ("", "")] {
            let Some(price) = prices.of(provider, model, day) else { continue };
            for tokens in [1, 200_001, u64::MAX] {
                let usage =
                    Usage { input: tokens, cached: tokens / 2, output: 9, ..Usage::default() };
                assert!(price.cost(&usage) <= price.bound(tokens, 9));
            }
        }
    }
});
