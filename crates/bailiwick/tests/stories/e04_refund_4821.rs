//! The public chat bot cannot be talked into a refund: for it there is no such thing, and nothing
//! that it is told ever names one. The support agent may refund 50.00 and not a cent more.

use serde_json::{Value, json};

use crate::support::agent::{Agent, Answer};
use crate::support::house::House;

/// What the chat bot may not know of.
const HIDDEN_TOOLS: [&str; 13] = [
    "refund_order",
    "get_billing",
    "delete_customer",
    "send_email",
    "search_customers",
    "get_customer",
    "list_orders",
    "read_ticket",
    "export_report",
    "ask_customer",
    "summarise_ticket",
    "workspace",
    "read_outbox",
];
const HIDDEN_PROMPTS: [&str; 2] = ["triage_ticket", "welcome_customer"];
const HIDDEN_RESOURCES: [&str; 2] =
    ["helpdesk://policy/privacy", "helpdesk://customers/c_41/notes"];
const HIDDEN_PARTS: [&str; 5] =
    ["helpdesk://customers", "policy/privacy", "support_", "refund_policy", "c_41"];

#[test]
fn the_chat_bot_never_hears_of_a_refund() {
    let house = House::helpdesk();
    let running = house.up();
    let key = house.key("chat-bot", "visitor", "acme");
    let mut bot = Agent::new(&house.agents(), "helpdesk", &key);
    let mut heard = vec![bot.try_open().unwrap()];

    let order = bot.call("get_order", &json!({ "order_id": "4822" }));
    assert!(order.is_done(), "{order:?}");
    for method in ["tools/list", "resources/list", "resources/templates/list", "prompts/list"] {
        heard.push(bot.ask(method, &json!({})));
    }
    let names = heard[1].result()["tools"].as_array().unwrap();
    let names: Vec<_> = names.iter().map(|it| it["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["get_order"]);
    heard.push(bot.ask("logging/setLevel", &json!({ "level": "debug" })));
    heard.push(bot.ask("ping", &json!({})));

    // The visitor says: just call it; you are an admin; it is called otherwise; try the billing.
    let call = |name: &str, arguments: Value| {
        ("tools/call", json!({ "name": name, "arguments": arguments }))
    };
    for tool in HIDDEN_TOOLS {
        let refund = json!({ "order_id": "4821", "amount_cents": 5000, "reason": "a scratch" });
        heard.push(as_if_it_never_was(&mut bot, tool, "no_such_tool", |it| {
            call(it, refund.clone())
        }));
        heard.push(as_if_it_never_was(&mut bot, tool, "no_such_tool", |it| call(it, json!({}))));
    }
    hear_of_prompts_and_resources(&mut bot, &mut heard);
    for variant in
        ["REFUND_ORDER", " refund_order", "refund_order\u{200b}", "helpdesk__refund_order"]
    {
        heard.push(bot.call(variant, &json!({ "order_id": "4821" })));
    }
    heard.push(bot.ask("refund_order", &json!({ "order_id": "4821" })));
    heard.push(bot.call("get_order", &json!({ "order_id": "5102" })));

    for answer in &heard {
        let text = answer.http.text();
        let hidden = HIDDEN_TOOLS.iter().chain(&HIDDEN_PROMPTS).chain(&HIDDEN_PARTS);
        for name in hidden.chain(&HIDDEN_RESOURCES) {
            assert!(!text.contains(name), "the chat bot is told {name}: {text}");
        }
    }
    drop(running);
}

/// Prompts, resources and completions that are hidden.
fn hear_of_prompts_and_resources(bot: &mut Agent, heard: &mut Vec<Answer>) {
    for prompt in HIDDEN_PROMPTS {
        heard.push(as_if_it_never_was(bot, prompt, "no_such_prompt", |it| {
            ("prompts/get", json!({ "name": it, "arguments": { "ticket_id": "t_1001" } }))
        }));
        for argument in ["ticket_id", "customer_id", "tone"] {
            heard.push(as_if_it_never_was(bot, prompt, "no_such_prompt", |it| {
                (
                    "completion/complete",
                    json!({
                        "ref": { "type": "ref/prompt", "name": it },
                        "argument": { "name": argument, "value": "" },
                    }),
                )
            }));
        }
    }
    for uri in HIDDEN_RESOURCES {
        for method in ["resources/read", "resources/subscribe", "resources/unsubscribe"] {
            let never = "helpdesk://no/such/thing";
            heard.push(as_if_it_never_was(bot, uri, never, |it| (method, json!({ "uri": it }))));
        }
    }
    heard.push(as_if_it_never_was(bot, "helpdesk://customers/{id}/notes", "no://{id}", |it| {
        (
            "completion/complete",
            json!({
                "ref": { "type": "ref/resource", "uri": it },
                "argument": { "name": "id", "value": "" },
            }),
        )
    }));
}

/// What is hidden and what never was get the same answer, byte for byte, but for the decision.
fn as_if_it_never_was(
    bot: &mut Agent,
    hidden: &str,
    never: &str,
    ask: impl Fn(&str) -> (&'static str, Value),
) -> Answer {
    let mut answers = [hidden, never].map(|name| {
        let (method, params) = ask(name);
        let request = json!({ "jsonrpc": "2.0", "id": 7, "method": method, "params": params });
        bot.post(&request).unwrap()
    });
    for answer in &mut answers {
        for moving in ["bailiwick-decision", "bailiwick-leaf", "date"] {
            answer.http.head.remove(moving);
        }
    }
    let [of_hidden, of_never] = answers;
    let told = |it: &Answer| (it.http.status, it.http.head.clone(), it.http.text());
    assert_eq!(told(&of_hidden), told(&of_never), "{hidden}");
    assert!(!of_hidden.is_done(), "{hidden}: {of_hidden:?}");
    of_hidden
}

#[test]
fn the_support_agent_refunds_50_and_not_a_cent_more() {
    let house = House::helpdesk();
    let running = house.up();
    let mut agent = house.support();
    let refund =
        |cents: u32| json!({ "order_id": "4821", "amount_cents": cents, "reason": "late" });
    let too_much = agent.call("refund_order", &refund(5001));
    assert_eq!(too_much.error().0, 403, "{too_much:?}");
    let done = agent.call("refund_order", &refund(5000));
    assert!(done.is_done(), "{done:?}");
    // The agent may, the contractor for whom it acts may not: so it may not.
    let key = house.key("support-bot", "bob", "acme");
    let mut for_bob = Agent::open(&house.agents(), "helpdesk", &key);
    let denied = for_bob.call("refund_order", &refund(100));
    assert_eq!(denied.error().0, 403, "{denied:?}");

    assert_eq!(running.stop(), 0);
    let decisions = house.query(&["--kind", "decision", "--tool", "refund_order"]);
    let verdicts: Vec<_> = decisions.iter().map(|it| &it["record"]["permitted"]).collect();
    assert_eq!(verdicts, [&json!(false), &json!(true), &json!(false)]);
    assert!(decisions.iter().all(|it| it["record"]["durability"] == "durable"), "{decisions:?}");
    house.verified();
}
