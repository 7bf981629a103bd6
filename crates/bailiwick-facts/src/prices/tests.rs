//! What a table says, and what it does not.

use proptest::prelude::*;

use super::*;
use crate::money::MicroDollars;
use crate::price::Usage;

const TABLE: &str = include_str!("../../corpus/prices/table.toml");

fn table() -> Prices {
    Prices::parse(TABLE).unwrap()
}

/// What a million tokens of input cost, in micro-dollars.
fn input(price: Option<&Price>) -> Option<u64> {
    let million = Usage { input: 100_000, ..Usage::default() };
    price.map(|it| it.cost(&million).micro() * 10)
}

#[test]
fn the_closest_line_of_the_day_is_the_price() {
    let table = table();
    let check = |provider, model, service, day: &str, dollars: Option<u64>| {
        let price = table.of_service(provider, model, service, day.parse().unwrap());
        assert_eq!(
            input(price),
            dollars.map(|it| it * 100_000),
            "{provider}/{model} {service} {day}"
        );
    };
    check("anthropic", "sonnet-large", "standard", "2026-01-01", Some(30));
    check("anthropic", "sonnet-large", "default", "2026-05-31", Some(30));
    check("anthropic", "sonnet-large", "standard", "2026-06-01", Some(20));
    check("anthropic", "sonnet-large", "standard", "2040-06-01", Some(20));
    // Before its first line the model is one of those whose names begin so.
    check("anthropic", "sonnet-large", "standard", "2025-12-31", Some(40));
    check("anthropic", "sonnet-large", "batch", "2026-06-01", Some(15));
    check("anthropic", "sonnet-large", "flex", "2026-06-01", Some(20));
    check("anthropic", "sonnet-large", "priority", "2026-06-01", None);
    check("anthropic", "sonnet-small", "standard", "2026-06-01", Some(40));
    check("anthropic", "small", "standard", "2026-06-01", Some(50));
    check("anthropic", "opus", "standard", "2026-06-01", None);
    check("cellar", "anything", "standard", "2026-06-01", Some(0));
    check("elsewhere", "anything", "standard", "2026-06-01", None);
    assert_eq!(input(table.of("anywhere", "shared", Day::default())), Some(0).map(|_: u64| 10));
    check("anthropic", "sonnet-large", "fast+us", "2026-06-01", Some(132));
    check("anthropic", "sonnet-large", "fast", "2026-06-01", None);
    assert_eq!(table.len(), 8);
}

#[test]
fn a_digest_is_of_what_is_said() {
    let with_comment = format!("# as of today\n{TABLE}");
    assert_eq!(Prices::parse(&with_comment).unwrap().digest(), table().digest());
    let dearer = TABLE.replace("22.50", "22.51");
    assert_ne!(Prices::parse(&dearer).unwrap().digest(), table().digest());
    let fee = TABLE.replace("\"0.01\"", "\"0.02\"");
    assert_ne!(Prices::parse(&fee).unwrap().digest(), table().digest());
    let later = TABLE.replace("2026-06-01", "2026-06-02");
    assert_ne!(Prices::parse(&later).unwrap().digest(), table().digest());
    let exact = TABLE.replace("\"sonnet-*\"", "\"sonnet-\"");
    assert_ne!(Prices::parse(&exact).unwrap().digest(), table().digest());
}

#[test]
fn a_table_that_is_not_plain_is_refused() {
    let check = |text: &str, why: &str| {
        let error = Prices::parse(text).unwrap_err().to_string();
        assert!(error.contains(why), "{text}: {error}");
    };
    let line = |provider: &str, model: &str, rest: &str| {
        format!("[[price]]\nprovider = \"{provider}\"\nmodel = \"{model}\"\n{rest}\n")
    };
    let rates = "per_million = { input = \"1\", output = \"1\" }";
    check(
        &line("a", "m", "per_million = { input = 1.5, output = \"1\" }"),
        "dollars for a million",
    );
    check(
        &line("a", "m", "per_million = { input = \"1e3\", output = \"1\" }"),
        "dollars for a million",
    );
    check(
        &line("a", "m", "per_million = { input = \"-1\", output = \"1\" }"),
        "dollars for a million",
    );
    check(&line("a", "m", "per_million = { input = \"1\" }"), "must name");
    check(&line("a", "m", "per_million = { input = \"1\", ouput = \"1\" }"), "ouput");
    check(&line("a", "m", &format!("from = 2026-02-30\n{rates}")), "invalid");
    check(&line("a", "m", &format!("from = 1969-02-03\n{rates}")), "since 1970");
    check(&line("a", "m", &format!("from = 2026-02-03T04:05:06Z\n{rates}")), "since 1970");
    check(&line("a", "m", &format!("{rates}\nper_use = {{ s = \"-1\" }}")), "not an amount");
    check(&line("", "m", rates), "no name");
    check(&line("a*", "m", rates), "no name");
    check(&line("a", "*m", rates), "no name");
    check(&line("a", "", rates), "no name");
    let twice = line("a", "m", rates) + &line("a", "m", &format!("service = \"default\"\n{rates}"));
    check(&twice, "two prices of `m`");
}

const LIST: &str = include_str!("../../corpus/prices/list.json");

#[test]
fn a_public_list_becomes_a_table() {
    let Imported { prices, skipped } = Prices::import(LIST.as_bytes()).unwrap();
    let of = |provider, model, service| {
        prices.of_service(provider, model, service, Day::from_number(20_000)).unwrap()
    };
    let usage = Usage {
        input: 1_000_000,
        cached: 400_000,
        output: 100_000,
        reasoning: 60_000,
        ..Usage::default()
    };
    let cost = |price: &Price, usage: &Usage| price.cost(usage).micro();
    let small = Usage { input: 100_000, cached: 40_000, ..usage };
    let large = of("azure", "eu/large", "standard");
    assert_eq!(cost(large, &small), 150_000 + 50_000 + 400_000 + 1_200_000);
    assert_eq!(cost(large, &usage), 3_000_000 + 2_000_000 + 600_000 + 1_200_000);
    assert_eq!(cost(of("azure", "eu/large", "batch"), &small), 125_000 + 500_000);
    // The list has half of its price only.
    assert_eq!(prices.of_service("azure", "eu/large", "priority", Day::default()), None);
    let fee = |price: &Price, kind| price.fee(kind).map(MicroDollars::micro);
    assert_eq!(fee(large, "web_search"), Some(25_000), "the dearest, since nobody tells which");
    assert_eq!((fee(large, "file_search"), fee(large, "mcp")), (Some(3), None));
    assert_eq!(fee(large, "code_interpreter"), None);
    let class = |service| of("anthropic", "classes", service);
    let hour = Usage { cache_write: 1000, cache_write_long: 1000, input: 1000, ..Usage::default() };
    let sound = Usage { input: 1000, audio_input: 1000, output: 9, audio_output: 9, ..hour };
    let sound = Usage { cache_write: 0, cache_write_long: 0, ..sound };
    for (service, of_hour, of_sound) in [
        ("", 10_000, 40_720),
        ("us", 11_000, 44_792),
        ("fast", 60_000, 244_320),
        ("fast+us", 66_000, 268_752),
    ] {
        let told = (cost(class(service), &hour), cost(class(service), &sound));
        assert_eq!(told, (of_hour, of_sound), "{service}");
    }
    assert_eq!(prices.of_service("anthropic", "classes", "recipes", Day::default()), None);
    assert_eq!(cost(of("openai", "noisy", ""), &usage), 950_000 + 160_000);
    assert_eq!(cost(of("dashscope", "ranges", ""), &small), 40_000 + 120_000);
    assert_eq!(cost(of("dashscope", "ranges", ""), &usage), 1_200_000 + 144_000 + 720_000);
    assert_eq!(cost(of("openai", "embed", ""), &Usage { input: 50, ..Usage::default() }), 1);

    let why = |model: &str| skipped.iter().find(|it| &*it.model == model).map(|it| it.why);
    let check = |model, words: &str| {
        assert!(why(model).is_some_and(|it| it.contains(words)), "{model}: {:?}", why(model));
    };
    check("sample_spec", "no chat");
    check("unknown", "own table");
    check("half", "names no price");
    check("words", "no number");
    check("paid by call", "more than their tokens");
    check("draws", "more than their tokens");
    check("picture", "no chat");
    check("bedrock/*/month", "several");
    check("openai/noisy", "another entry");
    assert_eq!((skipped.len(), prices.len()), (9, 10));
    assert_eq!(prices.of("openai", "unknown", Day::default()), None);
}

#[test]
fn models_of_the_clouds_are_found_by_their_ids() {
    let entry = |vendor: &str| {
        format!(
            r#"{{"litellm_provider":"{vendor}","mode":"chat","input_cost_per_token":3e-06,"output_cost_per_token":1.5e-05}}"#
        )
    };
    let (bedrock, azure) = (entry("bedrock_converse"), entry("azure"));
    let list = format!(
        r#"{{"eu.anthropic.claude-x-v1:0":{bedrock},"bedrock/us-gov-west-1/anthropic.claude-x-v1:0":{bedrock},"azure/gpt-x":{azure}}}"#
    );
    let prices = Prices::import(list.as_bytes()).unwrap().prices;
    for (provider, model) in [
        ("bedrock", "eu.anthropic.claude-x-v1:0"),
        ("bedrock", "us-gov-west-1/anthropic.claude-x-v1:0"),
        ("azure", "gpt-x"),
    ] {
        assert!(prices.of(provider, model, Day::default()).is_some(), "{provider}/{model}");
    }
    let arn = "arn:aws:bedrock:eu-west-1:1:inference-profile/eu.anthropic.claude-x-v1:0";
    assert_eq!(prices.of("bedrock", arn, Day::default()), None);
}

#[test]
fn other_json_is_no_list() {
    for json in ["", "[]", "{\"a\": 1}", "{\"a\": {}} x", "{\"a\": {\"mode\": }}"] {
        assert!(Prices::import(json.as_bytes()).is_err(), "{json}");
    }
}

#[test]
fn an_own_line_stands_above_a_public_one() {
    let own = "[[price]]\nprovider = \"openai\"\nmodel = \"noisy\"\nper_million = { input = \"7\", output = \"8\" }";
    let public = Prices::import(LIST.as_bytes()).unwrap().prices;
    let both = Prices::parse(own).unwrap().over(public.clone());
    assert_eq!(both.len(), public.len());
    let million = Usage { input: 1_000_000, ..Usage::default() };
    let price = both.of("openai", "noisy", Day::default()).unwrap();
    assert_eq!(price.cost(&million), MicroDollars::from_micro(7_000_000));
    assert!(both.of("openai", "embed", Day::default()).is_some());
    assert!(Prices::default().is_empty());
}

/// Whatever a table says, a call within its bound costs no more, and reading it ends.
fn check_any(prices: &Prices) {
    let day = Day::from_number(20_779);
    for (provider, model) in [("anthropic", "sonnet-large"), ("azure", "eu/large"), ("x", "y")] {
        let Some(price) = prices.of(provider, model, day) else { continue };
        for tokens in [0, 1, 200_001, u64::MAX] {
            let usage = Usage { input: tokens, cached: tokens / 2, output: 9, ..Usage::default() };
            assert!(price.cost(&usage) <= price.bound(tokens, 9));
        }
    }
    assert_eq!(prices.clone().over(prices.clone()).digest(), prices.digest());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_bytes_are_a_table_or_none(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        digit in "[0-9eE.+-]",
    ) {
        for text in [TABLE, LIST] {
            let mut bytes = text.as_bytes().to_vec();
            for (place, byte) in &changes {
                let place = place.index(bytes.len());
                // Half of the changes are of numbers to other numbers.
                bytes[place] = match bytes[place] {
                    b'0'..=b'9' if byte % 2 == 0 => digit.as_bytes()[0],
                    _ => *byte,
                };
            }
            if let Ok(list) = Prices::import(&bytes) {
                check_any(&list.prices);
            }
            if let Ok(table) = Prices::parse(&String::from_utf8_lossy(&bytes)) {
                check_any(&table);
            }
        }
    }
}
