//! `ask` and `why`: would it be allowed, and why was it decided so.

use std::fs;

use serde_json::{Value, json};

use crate::support::house::House;

fn asked(person: &str, customer: &str) -> Vec<String> {
    let arguments = json!({ "customer_id": customer }).to_string();
    let words = ["ask", "--agent", "support-bot", "--person", person, "--tenant", "acme"];
    let words = words.into_iter().chain(["--tool", "helpdesk/get_billing", "--arguments"]);
    words.map(str::to_owned).chain([arguments]).collect()
}

fn policies(answer: &Value) -> Vec<&str> {
    answer["policies"].as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect()
}

#[test]
fn ask_says_yes_and_no_and_why() {
    let house = House::helpdesk();
    let yes = house.run(&asked("ada", "c_41")).expect(0).out;
    assert!(yes.starts_with("permitted\n"), "{yes}");
    let no = house.run(&asked("ada", "c_42")).expect(1).out;
    assert!(no.starts_with("denied\n"), "{no}");
    assert!(no.contains("a policy forbids it"), "{no}");
    let forbid = no.lines().find(|it| it.contains("forbid no_agent_reads_tier_2")).unwrap();
    assert!(forbid.contains("applies") && forbid.contains("agents.cedar:"), "{no}");

    let mut words = asked("ada", "c_42");
    words.push("--json".into());
    let answer = house.run(&words).expect(1).json();
    assert_eq!((&answer["permitted"], &answer["visible"]), (&json!(false), &json!(true)));
    assert_eq!(answer["cause"], "forbidden", "{answer}");
    assert_eq!(policies(&answer), ["no_agent_reads_tier_2_billing"]);
    // Somebody whom no policy knows: both links must be permitted, and this person is not.
    let mut words = asked("nobody", "c_41");
    words.push("--json".into());
    let answer = house.run(&words).expect(1).json();
    assert_eq!(answer["permitted"], false, "{answer}");
    assert_eq!(answer["invoke"].as_array().unwrap().len(), 2, "{answer}");

    // What cannot be asked is no answer.
    for words in [
        vec!["ask", "--agent", "a", "--person", "p"],
        vec!["ask", "--agent", "a", "--person", "p", "--tool", "noslash"],
        vec!["ask", "--agent", "a", "--person", "p", "--tool", "s/t", "--arguments", "[1]"],
        vec![
            "ask",
            "--agent",
            "a",
            "--person",
            "p",
            "--tool",
            "s/t",
            "--arguments",
            "{\"a\":1,\"a\":2}",
        ],
    ] {
        assert_eq!(house.run(&words).code, 2, "{words:?}");
    }
    for words in [
        ["--resource", "helpdesk/helpdesk://policy/refunds"],
        ["--prompt", "helpdesk/triage_ticket"],
    ] {
        let who = ["ask", "--agent", "support-bot", "--person", "ada", "--tenant", "acme"];
        house.run(&[&who[..], &words[..]].concat()).expect(0);
    }
}

#[test]
fn why_tells_of_a_decision_and_of_edits_since() {
    let house = House::helpdesk();
    let running = house.up();
    let mut agent = house.support();
    let denied = agent.call("get_billing", &json!({ "customer_id": "c_42" })).decision();
    let permitted = agent.call("get_billing", &json!({ "customer_id": "c_41" })).decision();
    let hidden = agent.call("no_such_tool", &json!({})).decision();

    let told = house.run(&["why", &denied]).expect(1).out;
    for word in [
        r#"invoke_tool helpdesk/get_billing {"customer_id":"c_42"}"#,
        "on record   denied (forbidden)",
        "by          no_agent_reads_tier_2_billing",
        "a policy forbids it",
        "agents.cedar:",
    ] {
        assert!(told.contains(word), "{word} is not in {told}");
    }
    assert!(!told.contains("have changed since"), "{told}");
    let json = house.json(1, &["why", &denied]);
    assert_eq!(json["permitted"], false, "{json}");
    assert_eq!(policies(&json), ["no_agent_reads_tier_2_billing"]);
    house.run(&["why", &permitted]).expect(0);
    house.run(&["why", &hidden]).expect(1);

    // The policy is lifted: the record stays what it was, and the answer says what holds today.
    let file = house.path("policies/agents.cedar");
    let text = fs::read_to_string(&file).unwrap();
    let edited = text.replace("context.resources.customer_id.tier <= 1", "true");
    assert_ne!(text, edited);
    fs::write(file, edited).unwrap();
    let told = house.run(&["why", &denied]).expect(0).out;
    assert!(told.contains("on record   denied"), "{told}");
    assert!(told.contains("The policies have changed since"), "{told}");

    for id in ["nonsense", "00000000-0000-0000-0000-000000000000"] {
        assert_eq!(house.run(&["why", id]).code, 2, "{id}");
    }
    drop(running);
}

/// A server that is not there and a tool without a contract are no lack of policies.
#[test]
fn ask_says_what_its_answer_rests_on() {
    let house = House::helpdesk();
    let told = |tool: &str| {
        let who = ["ask", "--agent", "support-bot", "--person", "ada", "--tenant", "acme"];
        house.run(&[&who[..], &["--tool", tool]].concat()).expect(1).out
    };
    let elsewhere = told("helpdusk/get_billing");
    assert!(elsewhere.contains("[servers] has no `helpdusk`"), "{elsewhere}");
    let unnamed = told("helpdesk/no_contract");
    assert!(unnamed.contains("says what `no_contract` of `helpdesk` does"), "{unnamed}");
    assert!(!unnamed.contains("[servers]"), "{unnamed}");
    let plain = told("helpdesk/get_billing");
    assert_eq!(plain.matches("note ").count(), 1, "{plain}");
    assert!(plain.contains("nobody approved this tool"), "{plain}");
}

#[test]
fn a_model_is_asked_about_as_a_plain_chat() {
    let house = House::helpdesk_with(
        "",
        "\n[providers.lab]\nurl = \"http://127.0.0.1:9/v1\"\n\
         [models.fast]\nprovider = \"lab\"\nmodel = \"small\"\n\
         [spending]\nunpriced_call = \"1\"\n",
    );
    let policy = "@id(\"models\") permit (principal, action, resource in Server::\"lab\");\n\
        @id(\"no_hosted\") forbid (principal, action == Action::\"complete\", resource)\n\
        unless { context.input.hosted_tools.isEmpty() && context.input.output_max <= 5000 };\n";
    fs::write(house.path("policies/models.cedar"), policy).unwrap();
    let ask = |model: &str, arguments: &str| {
        let words = ["ask", "--agent", "support-bot", "--person", "ada", "--model", model];
        house.run(&[&words[..], &["--arguments", arguments]].concat())
    };
    for model in ["lab/small", "fast"] {
        let yes = ask(model, "{}").expect(0).out;
        assert!(yes.starts_with("permitted\n"), "{yes}");
    }
    for said in [r#"{"hosted_tools":["web_search"]}"#, r#"{"output_max":6000}"#] {
        let no = ask("fast", said).expect(1).out;
        assert!(no.contains("forbid no_hosted"), "{no}");
    }
    let stranger = ask("lap/small", "{}").expect(1).out;
    assert!(stranger.contains("[providers] has no `lap`"), "{stranger}");
}
