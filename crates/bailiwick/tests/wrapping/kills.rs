//! What is killed beside a wrap is killed in it too.

use serde_json::json;

use super::client::Client;
use super::{helpdesk, house};
use crate::support::process::wait_for;

#[test]
fn a_wrap_follows_what_is_killed_beside_it() {
    let house = house();
    let mut client = helpdesk(&house, &[]).open();
    let call = |client: &mut Client| client.call("get_billing", &json!({ "customer_id": "c_41" }));
    let act = |verb: &str| {
        let words = [verb, "tool", "helpdesk/get_billing", "--reason", "runaway loop"];
        house.run(&words).expect(0);
    };
    assert!(call(&mut client)["result"].is_object());
    act("kill");
    wait_for("the tool to be gone", || {
        (call(&mut client)["error"]["message"] == "Unknown tool").then_some(())
    });
    act("unkill");
    wait_for("the tool to be there", || call(&mut client)["result"].is_object().then_some(()));
    assert_eq!(client.close(), 0);
    assert_eq!(house.verified()["in_doubt"], 0);
}
