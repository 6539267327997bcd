//! A tiny server for tests: it does what a script says, whatever it is asked.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::connection::GREETINGS;
use super::ports;

/// What the server does when it is asked once more.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// Answers with these bytes.
    Say(&'static [u8]),
    /// Answers byte by byte.
    Stammer(&'static [u8]),
    /// Says nothing, and keeps the connection.
    BeSilent,
    /// Closes the connection.
    HangUp,
    /// Closes the connection, and takes no other.
    Die,
}

/// What a server was asked, and over which of its connections.
pub(crate) type Asked = Arc<Mutex<Vec<(usize, String)>>>;

/// Starts a server that does one act for each request, over all its connections together. On each
/// of them it wants to be greeted first, and hangs up on whoever does not.
pub(crate) async fn serve(acts: impl IntoIterator<Item = Act>) -> (SocketAddr, Asked) {
    let listener = TcpListener::bind(ports::address(0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let asked = Asked::default();
    let mut acts: VecDeque<Act> = acts.into_iter().collect();
    let noted = asked.clone();
    tokio::spawn(async move {
        let mut silent = vec![];
        for connection in 0.. {
            let Ok((mut stream, _)) = listener.accept().await else { return };
            if !converse(&mut stream, connection, &mut acts, &noted).await {
                return;
            }
            // Still open for a client that waits in vain.
            silent.push(stream);
        }
    });
    (address, asked)
}

/// Acts on one connection until it is over; false: the server dies.
async fn converse(
    stream: &mut TcpStream,
    connection: usize,
    acts: &mut VecDeque<Act>,
    asked: &Asked,
) -> bool {
    let mut buffer = bytes::BytesMut::new();
    let mut parser = resp::Decoder::default();
    let mut greetings = GREETINGS.iter().map(|greeting| greeting.join(" "));
    loop {
        let request = loop {
            if let Some(request) = parser.next(&mut buffer).unwrap() {
                break words(&request);
            }
            if stream.read_buf(&mut buffer).await.unwrap_or(0) == 0 {
                return true;
            }
        };
        if let Some(greeting) = greetings.next() {
            if request != greeting {
                return true;
            }
            stream.write_all(b"+OK\r\n").await.unwrap();
            continue;
        }
        asked.lock().unwrap().push((connection, request));
        match acts.pop_front().unwrap_or(Act::HangUp) {
            Act::Say(bytes) => stream.write_all(bytes).await.unwrap(),
            Act::Stammer(bytes) => {
                for byte in bytes {
                    stream.write_all(&[*byte]).await.unwrap();
                    tokio::task::yield_now().await;
                }
            }
            Act::BeSilent => return true,
            Act::HangUp => {
                stream.shutdown().await.unwrap();
                return true;
            }
            Act::Die => return false,
        }
    }
}

/// A command as its words.
fn words(request: &resp::Value) -> String {
    let resp::Value::Array(words) = request else { return request.to_string() };
    let word = |word: &resp::Value| String::from_utf8_lossy(word.as_bytes().unwrap()).into_owned();
    words.iter().map(word).collect::<Vec<_>>().join(" ")
}
