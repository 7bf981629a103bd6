//! Revision 2026-07-28: a task is a handle, and belongs to whoever was given it.

use crate::agent::{Agent, Said};
use crate::house::POLICIES;
use crate::modern::{body, call, plan, speaking};

/// What a client says that knows tasks.
const DECLARED: &str = r#""extensions":{"io.modelcontextprotocol/tasks":{}}"#;

async fn about(agent: &Agent, method: &str, task: &str, capabilities: &str) -> Said {
    let agent = speaking(agent, method, Some(task));
    let text = body("1", method, &format!(r#""taskId":"{task}""#));
    agent.post("crm", &text.replace(r#""elicitation":{}"#, capabilities)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_task_belongs_to_whoever_was_given_it() {
    let policies =
        POLICIES.replace("resource is Method", r#"resource == Method::"crm/admin/dump""#);
    let (house, fixture) = plan(&policies).await;
    let given = r#"{"jsonrpc":"2.0","id":1,"result":{"resultType":"task","taskId":"t-1"}}"#;
    fixture.verbatim("boom", given);
    assert_eq!(call(&house.worker, "crm", "boom", "{}").await.text(), given);
    for method in ["tasks/get", "tasks/update", "tasks/cancel"] {
        let theirs = about(&house.worker, method, "t-1", DECLARED).await;
        assert!(theirs.text().contains("ok"), "{theirs:?}");
        let before = fixture.seen().len();
        // Whoever does not declare that it knows tasks is told so, whatever it names.
        for (capabilities, code, status) in
            [(DECLARED, -32602, 200), ("", -32021, 400), (r#""extensions":null"#, -32021, 400)]
        {
            let other = about(&house.other, method, "t-1", capabilities).await;
            let never = about(&house.other, method, "t-2", capabilities).await;
            assert_eq!(other.looks(), never.looks(), "{method}");
            assert_eq!(other.json()["error"]["code"], code, "{other:?}");
            assert_eq!(other.status, status);
            assert!(!house.trail(&other).0.permitted);
        }
        assert_eq!(fixture.seen().len(), before);
    }
    // A server that gives one caller another's handle is not believed.
    let said = call(&house.other, "crm", "boom", "{}").await;
    assert_eq!(house.trail(&said).1.as_deref(), Some("withheld"));
    // Where the method is hidden, it never was, whatever the handle.
    let (house, _fixture) = plan(POLICIES).await;
    for capabilities in ["", DECLARED] {
        let said = about(&house.worker, "tasks/get", "t-1", capabilities).await;
        assert_eq!((said.status, &said.json()["error"]["code"]), (404, &(-32601).into()));
    }
}
