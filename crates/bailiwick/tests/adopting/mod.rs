//! From a machine full of clients to policies of one's own: `init`, `policy suggest`, `doctor`.

mod doctoring;
mod suggesting;
mod taking_over;
