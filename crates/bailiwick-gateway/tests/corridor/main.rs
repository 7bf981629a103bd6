//! The whole corridor, over real sockets and real processes, in one process with the gateway: what
//! the caller is told, what the upstream saw, and what the log says of it afterwards.
//!
//! What MCP asks of whoever stands in between, and where it is held:
//!
//! | what | where |
//! |---|---|
//! | sessions are their callers' | `sessions::the_id_of_anothers_session_opens_nothing` |
//! | `initialize` passes as it is | `fidelity::an_initialize_result_passes_untouched` |
//! | JSON or a stream, as the server chose | `exits`, `streams` |
//! | GET, and streams taken up again | `resuming`, `federated_sessions` |
//! | processes, one a session | `sessions`, `child` |
//! | batches where 2025-03-26 was agreed on | `batches`, `federated_sessions` |
//! | tasks, in both eras | `tasks`, `modern::a_task_belongs_to_whoever_was_given_it` |
//! | headers that repeat the body | `modern::headers_agree_with_the_body` |
//! | no state in the modern era | `modern::nothing_is_kept_between_two_requests` |
//! | calls in several legs | `legs`, `modern::each_leg_is_a_call_and_each_question_a_decision` |
//! | listeners | `modern::a_listener_hears_what_it_may_follow`, `modern_child`, `modern_listening`, `modern_hearing` |
//! | going away cancels | `modern::going_away_cancels_the_call_at_the_server`, `modern_child` |
//! | caches made private, discovery cut | `modern::discovery_and_lists_are_the_callers_own` |
//! | what is unknown passes, spelled as it was | `fidelity`, `lossless` |
//! | no page is lost to a filter | `federated::no_page_is_lost_and_every_page_is_filtered` |
//! | kinds of failure stay what they are | `exits::each_way_that_an_upstream_can_fail` |
//! | Host and Origin | `exits::turned_away_before_there_is_a_call` |
//! | progress, logs, trace context | `fidelity::events_pass_untouched` |
//! | every event at once | `streams::a_hundred_events_one_by_one_and_the_last_with_its_record` |
//! | what is killed is stopped at once | `kills` |
//! | every permitted call ends on record | `debts`, `exits` |

#[cfg(test)]
mod admission;
#[cfg(test)]
mod agent;
#[cfg(test)]
mod azure;
#[cfg(test)]
mod batches;
#[cfg(test)]
mod bedrock;
#[cfg(test)]
mod certificate;
#[cfg(test)]
mod child;
#[cfg(test)]
mod counting;
#[cfg(test)]
mod debts;
#[cfg(test)]
mod decay;
#[cfg(test)]
mod dialects;
#[cfg(test)]
mod disk;
#[cfg(test)]
mod exits;
#[cfg(test)]
mod facts;
#[cfg(test)]
mod fallbacks;
#[cfg(test)]
mod federated;
#[cfg(test)]
mod federated_addresses;
#[cfg(test)]
mod federated_faults;
#[cfg(test)]
mod federated_questions;
#[cfg(test)]
mod federated_sessions;
#[cfg(test)]
mod fidelity;
#[cfg(test)]
mod fitting;
#[cfg(test)]
mod following;
#[cfg(test)]
mod health;
#[cfg(test)]
mod hidden;
#[cfg(test)]
mod hidden_models;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod hostile_children;
#[cfg(test)]
mod hostile_clients;
#[cfg(test)]
mod hostile_servers;
#[cfg(test)]
mod house;
#[cfg(test)]
mod kept;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod killed_models;
#[cfg(test)]
mod kills;
#[cfg(test)]
mod leave;
#[cfg(test)]
mod legs;
#[cfg(test)]
mod lossless;
#[cfg(test)]
mod meaning;
#[cfg(test)]
mod models;
#[cfg(test)]
mod models_streams;
#[cfg(test)]
mod modern;
#[cfg(test)]
mod modern_child;
#[cfg(test)]
mod modern_federated;
#[cfg(test)]
mod modern_hearing;
#[cfg(test)]
mod modern_listening;
#[cfg(test)]
mod modern_tasks;
#[cfg(test)]
mod narrowed;
#[cfg(test)]
mod older;
#[cfg(test)]
mod payloads;
#[cfg(test)]
mod provider;
#[cfg(test)]
mod questions;
#[cfg(test)]
mod reload;
#[cfg(test)]
mod repointed;
#[cfg(test)]
mod resuming;
#[cfg(test)]
mod secure;
#[cfg(test)]
mod sessions;
#[cfg(test)]
mod spending;
#[cfg(test)]
mod state;
#[cfg(test)]
mod state_batches;
#[cfg(test)]
mod state_guarded;
#[cfg(test)]
mod streams;
#[cfg(test)]
mod tasks;
#[cfg(test)]
mod timing;
#[cfg(test)]
mod upstream;
