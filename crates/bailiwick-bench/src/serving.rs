//! Serving, for as long as the benchmark runs.

use tokio::io::AsyncReadExt as _;
use tokio::net::{TcpListener, TcpStream};

use crate::Done;

/// Serve until standard input ends, which it does with the benchmark, however that ends.
pub(crate) async fn served<F>(connection: impl Fn(TcpStream) -> F) -> Done
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("listening {}", listener.local_addr()?);
    let mut input = tokio::net::unix::pipe::Receiver::from_owned_fd(
        std::os::fd::AsFd::as_fd(&std::io::stdin()).try_clone_to_owned()?,
    )?;
    let mut byte = [0u8; 1];
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let (socket, _) = accepted?;
                socket.set_nodelay(true)?;
                tokio::spawn(connection(socket));
            }
            _ = input.read(&mut byte) => return Ok(()),
        }
    }
}
