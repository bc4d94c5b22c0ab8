//! A mail server for tests: SMTP (RFC 5321) over TCP or TLS, which accepts or rejects mail, hangs or disconnects as configured.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use tokio_rustls::TlsAcceptor;

/// How the server treats mail.
#[derive(Clone, Copy, Debug)]
pub enum Mood {
    /// Accepts it.
    Takes,
    /// Accepts it, but does not support SMTPUTF8.
    TakesAscii,
    /// Replies this to `RCPT TO`.
    Refuses(&'static str),
    /// Replies this as its greeting.
    TurnsAway(&'static str),
    /// Replies this to `MAIL FROM`.
    RefusesSender(&'static str),
    /// Rejects the message, and repeats the link in it.
    Quotes,
    /// Rejects the login, and repeats it.
    EchoesLogin,
    /// Never answers.
    Silent,
    /// Disconnects.
    Down,
}

/// The server's TLS mode.
#[derive(Clone)]
pub enum Encrypted {
    /// From the first byte.
    Wholly(TlsAcceptor),
    /// After STARTTLS; with these bytes injected after its reply.
    StartTls(TlsAcceptor, &'static str),
}

/// An accepted mail.
#[derive(Clone, Debug)]
pub struct Taken {
    pub from: String,
    pub to: Vec<String>,
    /// The raw message with its headers.
    pub raw: String,
}

#[derive(Default)]
struct Known {
    taken: Vec<Taken>,
    quoted: Vec<Taken>,
    visits: usize,
}

/// The server, which ends with the test.
pub struct MailServer {
    pub address: std::net::SocketAddr,
    mood: Arc<Mutex<Mood>>,
    known: Arc<Mutex<Known>>,
    task: JoinHandle<()>,
}

impl MailServer {
    /// A server that accepts mail without TLS.
    pub async fn open() -> Self {
        Self::listening(None).await
    }

    /// A server that accepts mail over TLS.
    pub async fn with(tls: Encrypted) -> Self {
        Self::listening(Some(tls)).await
    }

    async fn listening(tls: Option<Encrypted>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("its address");
        let (mood, known) = (Arc::new(Mutex::new(Mood::Takes)), Arc::<Mutex<Known>>::default());
        let (told, notes) = (Arc::clone(&mood), Arc::clone(&known));
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (mood, known, tls) = (*lock(&told), Arc::clone(&notes), tls.clone());
                lock(&known).visits += 1;
                tokio::spawn(async move {
                    match tls {
                        Some(Encrypted::Wholly(tls)) => speak(tls.accept(stream).await.ok()?, mood, &known, true).await,
                        Some(Encrypted::StartTls(tls, injected)) => {
                            let stream = start_tls(stream, injected).await?;
                            speak(tls.accept(stream).await.ok()?, mood, &known, false).await
                        }
                        None => speak(stream, mood, &known, true).await,
                    }
                });
            }
        });
        Self { address, mood, known, task }
    }

    /// Its URL.
    pub fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    /// Changes how it treats mail.
    pub fn set(&self, mood: Mood) {
        *lock(&self.mood) = mood;
    }

    /// The accepted mails.
    pub fn taken(&self) -> Vec<Taken> {
        lock(&self.known).taken.clone()
    }

    /// The mails whose links it repeated.
    pub fn quoted(&self) -> Vec<Taken> {
        lock(&self.known).quoted.clone()
    }

    /// The number of connections.
    pub fn visits(&self) -> usize {
        lock(&self.known).visits
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Taken {
    /// The message with quoted-printable (RFC 2045) decoded.
    pub fn text(&self) -> String {
        let joined = self.raw.replace("=\r\n", "");
        let mut bytes = Vec::new();
        let mut rest = joined.as_bytes();
        while let Some((first, more)) = rest.split_first() {
            let digits = more.get(..2).and_then(|two| std::str::from_utf8(two).ok());
            match digits.and_then(|two| u8::from_str_radix(two, 16).ok()) {
                Some(byte) if *first == b'=' => {
                    bytes.push(byte);
                    rest = &more[2..];
                }
                _ => {
                    bytes.push(*first);
                    rest = more;
                }
            }
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// A header's value, unfolded.
    pub fn header(&self, name: &str) -> Option<String> {
        let head = self.raw.split("\r\n\r\n").next()?.replace("\r\n ", " ");
        let mut found = head.lines().filter_map(|line| line.split_once(": ")).filter(|(known, _)| *known == name);
        let value = found.next().map(|(_, value)| value.to_owned());
        assert_eq!(found.next(), None, "{name} stands once");
        value
    }

    /// The token in the link.
    pub fn token(&self) -> String {
        let text = self.text();
        let (_, rest) = text.split_once("/invitation#").expect("a link");
        rest.chars().take_while(|letter| letter.is_ascii_alphanumeric() || "-_".contains(*letter)).collect()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The dialogue before TLS.
async fn start_tls(stream: TcpStream, injected: &str) -> Option<TcpStream> {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    for reply in ["220 mail.test ESMTP", "250-mail.test\r\n250 StartTLS"] {
        stream.write_all(format!("{reply}\r\n").as_bytes()).await.ok()?;
        stream.read_line(&mut line).await.ok()?;
    }
    stream.write_all(format!("220 go on\r\n{injected}").as_bytes()).await.ok()?;
    Some(stream.into_inner())
}

/// One connection, to its end.
async fn speak(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    mood: Mood,
    known: &Mutex<Known>,
    greets: bool,
) -> Option<()> {
    match mood {
        Mood::Silent => std::future::pending().await,
        Mood::Down => return None,
        _ => {}
    }
    let (reading, mut out) = tokio::io::split(stream);
    let mut lines = BufReader::new(reading).lines();
    let greeting = if let Mood::TurnsAway(why) = mood { why } else { "220 mail.test ESMTP" };
    if greets {
        out.write_all(format!("{greeting}\r\n").as_bytes()).await.ok()?;
    }
    let (mut from, mut to) = (String::new(), Vec::new());
    loop {
        let line = lines.next_line().await.ok()??;
        let between = |line: &str| Some(line.split_once('<')?.1.split_once('>')?.0.to_owned());
        let quoting;
        let answer = match (line.split([' ', ':']).next()?.to_ascii_uppercase().as_str(), mood) {
            ("EHLO", Mood::TakesAscii) => "250-mail.test\r\n250 8BITMIME",
            ("EHLO", _) => "250-mail.test\r\n250-8BITMIME\r\n250-AUTH PLAIN\r\n250 SMTPUTF8",
            ("AUTH", Mood::EchoesLogin) => {
                quoting = format!("535 5.7.8 not accepted: {line} and so user:s3cretword");
                &quoting
            }
            ("AUTH", _) => "235 welcome",
            ("MAIL", Mood::Takes | Mood::TakesAscii | Mood::Refuses(_) | Mood::Quotes) => {
                from = between(&line)?;
                "250 sender is fine"
            }
            ("RCPT", Mood::Refuses(why)) | ("MAIL", Mood::RefusesSender(why)) => why,
            ("RCPT", _) => {
                to.push(between(&line)?);
                "250 recipient is fine"
            }
            ("DATA", _) => {
                out.write_all(b"354 go on\r\n").await.ok()?;
                let mut raw = String::new();
                loop {
                    let line = lines.next_line().await.ok()??;
                    if line == "." {
                        break;
                    }
                    raw += line.strip_prefix('.').unwrap_or(&line);
                    raw += "\r\n";
                }
                let taken = Taken { from: from.clone(), to: std::mem::take(&mut to), raw };
                if let Mood::Quotes = mood {
                    quoting = format!("554 5.7.1 blocked: https://x.example/invitation#{} is spam", taken.token());
                    lock(known).quoted.push(taken);
                    &quoting
                } else {
                    lock(known).taken.push(taken);
                    "250 taken"
                }
            }
            ("QUIT", _) => {
                out.write_all(b"221 bye\r\n").await.ok()?;
                return Some(());
            }
            ("RSET" | "NOOP", _) => "250 fine",
            _ => "502 not known here",
        };
        out.write_all(format!("{answer}\r\n").as_bytes()).await.ok()?;
    }
}
