//! The server as a machine: a line comes in, lines go out. It neither waits nor reads a clock.

use std::collections::{BTreeMap, VecDeque};

use serde_json::{Value, json};

use super::library;
use super::message::{
    self, INVALID_REQUEST, METHOD_NOT_FOUND, PARSE_ERROR, Wrong, data, failure, notification,
};
use super::session::Session;
use super::store::Store;
use super::tools::{Done, Tools};

/// How many calls may wait for the client, and how many may be worked on.
const WAITING_MAX: usize = 64;
const JOBS_MAX: usize = 64;

/// How many messages one batch may hold.
const BATCH_MAX: usize = 100;

/// The helpdesk of one client.
pub(crate) struct Helpdesk {
    tools: Tools,
    store: Store,
    session: Option<Session>,
    waiting: BTreeMap<String, Waiting>,
    jobs: VecDeque<Job>,
    asked: u64,
}

/// A call that waits for the client to answer a question.
struct Waiting {
    call: Value,
    method: &'static str,
}

/// A call that is worked on in steps.
struct Job {
    call: Value,
    token: Option<Value>,
    done: u64,
    steps: u64,
    data: Value,
}

/// What a message led to: answers of its own, and what is said besides.
#[derive(Default)]
struct Said {
    answers: Vec<Value>,
    besides: Vec<Value>,
}

impl Helpdesk {
    /// A helpdesk with its first day's books.
    ///
    /// # Errors
    /// When the built-in tool definitions cannot be read.
    pub(crate) fn new() -> serde_json::Result<Self> {
        Ok(Self {
            tools: Tools::new()?,
            store: Store::new(),
            session: None,
            waiting: BTreeMap::new(),
            jobs: VecDeque::new(),
            asked: 0,
        })
    }

    /// What is said in reply to one line, in order. A call that takes longer is answered by
    /// [`Helpdesk::step`].
    pub(crate) fn handle(&mut self, line: &str) -> Vec<String> {
        let mut said = Said::default();
        match serde_json::from_str::<Value>(line) {
            Err(_) => said.refuse(&Value::Null, &Wrong(PARSE_ERROR, "Parse error".to_owned())),
            Ok(Value::Array(batch)) => return self.batch(batch),
            Ok(one) => self.message(&one, &mut said),
        }
        said.besides.into_iter().chain(said.answers).map(|it| it.to_string()).collect()
    }

    /// Whether calls are worked on that [`Helpdesk::step`] would bring forward.
    pub(crate) fn is_busy(&self) -> bool {
        !self.jobs.is_empty()
    }

    /// Bring every call that is worked on one step forward.
    pub(crate) fn step(&mut self) -> Vec<String> {
        let mut lines = Vec::new();
        for mut job in std::mem::take(&mut self.jobs) {
            job.done += 1;
            if let Some(token) = &job.token {
                let params =
                    json!({ "progressToken": token, "progress": job.done, "total": job.steps });
                lines.push(notification("notifications/progress", &params).to_string());
            }
            if job.done >= job.steps {
                lines.push(message::result(&job.call, &data(&job.data)).to_string());
            } else {
                self.jobs.push_back(job);
            }
        }
        lines
    }

    fn batch(&mut self, batch: Vec<Value>) -> Vec<String> {
        let mut said = Said::default();
        let allowed = self.session.as_ref().is_some_and(Session::has_batches);
        if !allowed || batch.is_empty() || batch.len() > BATCH_MAX {
            said.refuse(&Value::Null, &Wrong(INVALID_REQUEST, "Invalid batch".to_owned()));
            return said.answers.iter().map(Value::to_string).collect();
        }
        batch.iter().for_each(|one| self.message(one, &mut said));
        let answers = (!said.answers.is_empty()).then_some(Value::Array(said.answers));
        said.besides.into_iter().chain(answers).map(|it| it.to_string()).collect()
    }

    fn message(&mut self, one: &Value, said: &mut Said) {
        let method = one.get("method").and_then(Value::as_str);
        let id = one.get("id").filter(|it| it.is_string() || it.is_number());
        let params = one.get("params").unwrap_or(&Value::Null);
        let is_valid = one.get("jsonrpc").and_then(Value::as_str) == Some("2.0");
        match (method, id) {
            (Some(method), Some(id)) if is_valid => match self.request(id, method, params, said) {
                Ok(Some(result)) => said.answers.push(message::result(id, &result)),
                Ok(None) => {}
                Err(wrong) => said.refuse(id, &wrong),
            },
            (Some("notifications/cancelled"), None) if is_valid => self.cancel(params, said),
            // Other notifications ask nothing of this server.
            (Some(_), None) if is_valid && one.get("id").is_none() => {}
            (None, Some(id)) if is_valid => self.answered(id, one, said),
            _ => {
                let wrong = Wrong(INVALID_REQUEST, "Invalid request".to_owned());
                said.refuse(id.unwrap_or(&Value::Null), &wrong);
            }
        }
    }

    /// Carry out a request. `None` when its answer comes later.
    fn request(
        &mut self,
        id: &Value,
        method: &str,
        params: &Value,
        said: &mut Said,
    ) -> Result<Option<Value>, Wrong> {
        let is_open = self.session.is_some();
        match method {
            "ping" => return Ok(Some(json!({}))),
            "initialize" if is_open => {
                return Err(Wrong(INVALID_REQUEST, "Already initialized".to_owned()));
            }
            "initialize" => {
                let session = Session::open(params)?;
                return Ok(Some(self.session.insert(session).greeting()));
            }
            _ => {}
        }
        let not_open = || Wrong(INVALID_REQUEST, "Not initialized".to_owned());
        let session = self.session.as_mut().ok_or_else(not_open)?;
        let uri = || params.get("uri").and_then(Value::as_str).unwrap_or_default();
        let result = match method {
            "tools/list" => self.tools.page(&self.store, params),
            "tools/call" => return self.call(id, params, said),
            "resources/list" => Ok(library::resources()),
            "resources/templates/list" => Ok(library::templates()),
            "resources/read" => library::read(&self.store, params),
            "resources/subscribe" => {
                library::read(&self.store, params)?;
                session.watch(uri())
            }
            "resources/unsubscribe" => Ok(session.unwatch(uri())),
            "prompts/list" => Ok(library::prompts()),
            "prompts/get" => library::prompt(&self.store, params),
            "completion/complete" => library::complete(&self.store, params),
            "logging/setLevel" => session.set_level(params),
            _ => Err(Wrong(METHOD_NOT_FOUND, "Method not found".to_owned())),
        };
        result.map(Some)
    }

    fn call(
        &mut self,
        id: &Value,
        params: &Value,
        said: &mut Said,
    ) -> Result<Option<Value>, Wrong> {
        let done = match self.tools.call(&mut self.store, params)? {
            Ok(done) => done,
            Err(why) => return Ok(Some(failure(&why))),
        };
        match done {
            Done::Data(it) => Ok(Some(data(&it))),
            Done::Changed { data: it, uri, tools, note } => {
                let session = self.session.as_ref();
                said.besides.extend(session.and_then(|to| to.log("notice", &note.into())));
                said.besides.extend(session.zip(uri).and_then(|(to, uri)| to.changed(&uri)));
                let changed = tools.then_some("notifications/tools/list_changed");
                said.besides.extend(changed.map(|method| notification(method, &json!({}))));
                Ok(Some(data(&it)))
            }
            Done::Ask { capability, method, params } => {
                let can = self.session.as_ref().is_some_and(|it| it.can(capability));
                if !can {
                    return Ok(Some(failure(&format!("this client does not offer {capability}"))));
                }
                Ok(self.ask(id, method, &params, said))
            }
            Done::Work { .. } if self.jobs.len() >= JOBS_MAX => {
                Ok(Some(failure("too many reports are being made")))
            }
            Done::Work { steps, data } => {
                let token = params.pointer("/_meta/progressToken").cloned();
                self.jobs.push_back(Job { call: id.clone(), token, done: 0, steps, data });
                Ok(None)
            }
        }
    }

    /// Ask the client something; the call is answered when the client is.
    fn ask(
        &mut self,
        call: &Value,
        method: &'static str,
        params: &Value,
        said: &mut Said,
    ) -> Option<Value> {
        if self.waiting.len() >= WAITING_MAX {
            return Some(failure("too many questions are open"));
        }
        self.asked += 1;
        let id = format!("helpdesk-{}", self.asked);
        said.besides.push(message::request(&id, method, params));
        self.waiting.insert(id, Waiting { call: call.clone(), method });
        None
    }

    /// The client answered a question: finish the call that asked it.
    fn answered(&mut self, id: &Value, answer: &Value, said: &mut Said) {
        let Some(waiting) = id.as_str().and_then(|id| self.waiting.remove(id)) else { return };
        let result = match (answer.get("result"), waiting.method) {
            (None, _) => failure("the client refused to answer"),
            (Some(it), "elicitation/create") => data(&json!({
                "action": it.get("action"),
                "answer": it.pointer("/content/answer"),
            })),
            (Some(it), "sampling/createMessage") => {
                data(&json!({ "summary": it.pointer("/content/text"), "model": it.get("model") }))
            }
            (Some(it), _) => data(&json!({ "roots": it.get("roots") })),
        };
        said.answers.push(message::result(&waiting.call, &result));
    }

    /// Forget a call that the client no longer wants, and withdraw what was asked for it.
    fn cancel(&mut self, params: &Value, said: &mut Said) {
        let Some(call) = params.get("requestId") else { return };
        self.jobs.retain(|job| job.call != *call);
        self.waiting.retain(|id, waiting| {
            let is_it = waiting.call == *call;
            if is_it {
                let params = json!({ "requestId": id, "reason": "the call was cancelled" });
                said.besides.push(notification("notifications/cancelled", &params));
            }
            !is_it
        });
    }
}

impl Said {
    fn refuse(&mut self, id: &Value, wrong: &Wrong) {
        self.answers.push(message::error(id, wrong));
    }
}
