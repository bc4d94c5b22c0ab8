//! The connection to PostgreSQL: encrypted and checked on the way to another machine, and the password goes to nobody else.
//!
//! `0.0.0.0` stands for another machine: it is none of this machine's own addresses, and Linux connects to 127.0.0.1.

use std::sync::{
    Arc, LazyLock, Mutex,
    atomic::{AtomicU32, Ordering},
};

use flow_gateway::store::{
    db::Db,
    open::{DatabaseLocation, OpenError, open},
    postgres_url::TlsSettings,
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

use crate::support::{
    certificates::{Authority, Certified},
    postgres::{self, Server},
};

pub const PASSWORD: &str = "s3cretword";

/// A PostgreSQL server that speaks TLS with this certificate, and has a database for the role `flow`.
pub fn encrypted(certified: &Certified) -> Option<Server> {
    let server = postgres::start_private()?;
    server.execute(&format!("create role flow login password '{PASSWORD}'"));
    server.execute("create database flow owner flow");
    server.encrypt(&certified.certificate, &certified.key);
    server.stop();
    server.start();
    Some(server)
}

pub fn url(host: &str, port: u16, rest: &str) -> String {
    format!("postgres://flow:{PASSWORD}@{host}:{port}/flow{rest}")
}

/// Opens a database with this authority trusted.
async fn opened(url: &str, authority: Option<&Authority>) -> Result<Db, OpenError> {
    // Read for each connection, so it stays as long as the tests run.
    static FILES: LazyLock<TempDir> = LazyLock::new(|| tempfile::tempdir().expect("a directory"));
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let authorities = authority.map(|authority| {
        let file = FILES.path().join(format!("{}.pem", NUMBER.fetch_add(1, Ordering::Relaxed)));
        std::fs::write(&file, authority.pem()).expect("a file");
        file
    });
    open(&DatabaseLocation::read(url, &TlsSettings { plain: false, authorities })?, true).await
}

async fn is_encrypted(db: &Db) -> bool {
    let Db::Postgres(connections) = db else { return false };
    let text = "select ssl from pg_stat_ssl where pid = pg_backend_pid()";
    sqlx::query_scalar(text).fetch_one(connections.pool()).await.expect("an answer")
}

#[tokio::test]
async fn another_machine_is_spoken_to_encrypted_unless_it_is_told_otherwise() {
    let authority = Authority::new();
    let Some(server) = encrypted(&authority.sign("0.0.0.0")) else { return };
    for rest in ["", "?sslmode=require", "?sslmode=verify-ca", "?sslmode=verify-full"] {
        let db = opened(&url("0.0.0.0", server.port(), rest), Some(&authority)).await.expect("opened");
        assert!(is_encrypted(&db).await, "{rest}");
        db.close().await;
    }
    let Err(refused) = opened(&url("0.0.0.0", server.port(), "?sslmode=disable"), Some(&authority)).await else {
        panic!("clear text")
    };
    assert!(refused.to_string().contains("--plain-database"), "{refused}");
}

#[tokio::test]
async fn on_this_machine_the_url_asks_for_tls() {
    let authority = Authority::new();
    let Some(server) = encrypted(&authority.sign("localhost")) else { return };
    for rest in ["?sslmode=require", "?sslmode=verify-full"] {
        let db = opened(&url("localhost", server.port(), rest), Some(&authority)).await.expect("opened");
        assert!(is_encrypted(&db).await, "{rest}");
        db.close().await;
    }
}

#[tokio::test]
async fn a_certificate_of_another_name_or_an_unknown_authority_is_refused_by_a_real_server_too() {
    let (authority, other) = (Authority::new(), Authority::new());
    let Some(server) = encrypted(&authority.sign("db.example")) else { return };
    for trusted in [Some(&authority), Some(&other), None] {
        let Err(refused) = opened(&url("0.0.0.0", server.port(), ""), trusted).await else { panic!("accepted") };
        let told = refused.to_string();
        for word in ["0.0.0.0", "certificate", "--database-ca"] {
            assert!(told.contains(word), "{told}");
        }
        assert!(!told.contains(PASSWORD), "{told}");
    }
}

/// A server that is none: it notes every byte that it is told, after TLS where it speaks that, and asks for the password.
struct FalseServer {
    port: u16,
    told: Arc<Mutex<Vec<u8>>>,
}

impl FalseServer {
    async fn open(tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("its address").port();
        let told = Arc::<Mutex<Vec<u8>>>::default();
        let notes = Arc::clone(&told);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = [0; 8];
                stream.read_exact(&mut request).await.ok();
                notes.lock().expect("notes").extend(request);
                if let Some(tls) = &tls {
                    stream.write_all(b"S").await.ok();
                    if let Ok(stream) = tls.accept(stream).await {
                        listen(stream, &notes).await;
                    }
                } else {
                    stream.write_all(b"N").await.ok();
                    listen(stream, &notes).await;
                }
            }
        });
        Self { port, told }
    }

    fn was_told(&self, word: &str) -> bool {
        let told = self.told.lock().expect("notes");
        told.windows(word.len()).any(|bytes| bytes == word.as_bytes())
    }
}

/// Notes what comes, and asks for the password in clear text once something did.
async fn listen(mut stream: impl AsyncRead + AsyncWrite + Unpin, notes: &Mutex<Vec<u8>>) {
    let mut bytes = [0; 1024];
    while let Ok(count @ 1..) = stream.read(&mut bytes).await {
        notes.lock().expect("notes").extend(&bytes[..count]);
        let password_please = [b'R', 0, 0, 0, 8, 0, 0, 0, 3];
        if stream.write_all(&password_please).await.is_err() || stream.flush().await.is_err() {
            return;
        }
    }
}

#[tokio::test]
async fn a_false_server_is_told_neither_the_user_nor_the_password() {
    let (authority, other) = (Authority::new(), Authority::new());
    for (server, word) in [
        (FalseServer::open(None).await, "--plain-database"),
        (FalseServer::open(Some(authority.sign("db.example").acceptor())).await, "--database-ca"),
        (FalseServer::open(Some(other.sign("0.0.0.0").acceptor())).await, "--database-ca"),
    ] {
        for rest in ["", "?sslmode=require", "?sslmode=verify-ca"] {
            let Err(refused) = opened(&url("0.0.0.0", server.port, rest), Some(&authority)).await else {
                panic!("accepted")
            };
            let told = refused.to_string();
            assert!(told.contains(&format!("0.0.0.0:{}", server.port)) && told.contains(word), "{told}");
            assert!(!told.contains(PASSWORD), "{told}");
            assert!(!server.was_told(PASSWORD) && !server.was_told("flow"), "{rest}");
        }
    }
}

#[tokio::test]
async fn the_false_server_does_hear_a_password_that_is_sent_in_clear_text() {
    let server = FalseServer::open(None).await;
    let tls = TlsSettings { plain: true, authorities: None };
    let place = DatabaseLocation::read(&url("0.0.0.0", server.port, "?sslmode=prefer"), &tls).expect("a URL");
    assert!(open(&place, true).await.is_err());
    assert!(server.was_told(PASSWORD), "so its silence above means something");
}
