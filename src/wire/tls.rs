//! TLS to other servers: a mail server, Redis, the one that publishes GitHub's keys, a collector of traces. Promises that a
//! certificate names the host that was asked for, and was signed by an authority that the system trusts.

use std::{io, net::IpAddr, sync::Arc};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        self, ClientConfig, RootCertStore,
        crypto::ring,
        pki_types::{InvalidDnsNameError, ServerName},
    },
};

/// Whom a server's certificate has to name, and who may have signed it.
#[derive(Clone)]
pub struct Tls {
    connector: TlsConnector,
    name: ServerName<'static>,
}

/// Why TLS cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The host is not a name that a certificate can contain.
    #[error("a certificate cannot contain this host name")]
    Name(#[from] InvalidDnsNameError),
    /// The library refuses its settings.
    #[error(transparent)]
    Settings(#[from] rustls::Error),
}

/// Whether a host, without brackets, is this machine, which needs no TLS. A name is not resolved: its address may change before
/// the connection.
pub fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
}

impl Tls {
    /// For a host, by the authorities that the system trusts.
    ///
    /// # Errors
    /// When no certificate can name the host.
    pub fn new(host: &str) -> Result<Self, TlsError> {
        let mut trusted = RootCertStore::empty();
        trusted.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(trusted)
            .with_no_client_auth();
        Ok(Self { connector: TlsConnector::from(Arc::new(config)), name: ServerName::try_from(host.to_owned())? })
    }

    /// Encrypts a connection.
    ///
    /// # Errors
    /// When the server does not show such a certificate, or the connection breaks.
    pub async fn connect<S: AsyncRead + AsyncWrite + Unpin>(&self, stream: S) -> io::Result<TlsStream<S>> {
        self.connector.connect(self.name.clone(), stream).await
    }
}
