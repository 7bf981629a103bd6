//! The small server once more, on standard input and output.

use std::io::{BufRead as _, Write as _};

use crate::Done;
use crate::protocol::{Asked, result};

/// Be a server that answers at once.
pub(crate) fn serve() -> Done {
    let mut output = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let Ok(Asked { id: Some(id), method }) = serde_json::from_str(&line?) else { continue };
        if let Some(result) = result(&method) {
            writeln!(output, "{{\"jsonrpc\":\"2.0\",\"id\":{id},\"result\":{result}}}")?;
            output.flush()?;
        }
    }
    Ok(())
}
