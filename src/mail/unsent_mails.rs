//! How many mails are not sent: a task counts them, and the metrics tell.

use prometheus_client::metrics::gauge::Gauge;

use super::{kind::MailStatus, unscoped};
use crate::store::{db::Db, error::StoreError};

/// The numbers. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct UnsentMails {
    /// Those that will be sent.
    pub waiting: Gauge,
    /// Those that were refused for good, or too often.
    pub dead: Gauge,
}

impl UnsentMails {
    /// Counts them anew.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn count(&self, db: &Db) -> Result<(), StoreError> {
        let counts = unscoped::count(db).await?;
        for (gauge, status) in [(&self.waiting, MailStatus::Waiting), (&self.dead, MailStatus::Dead)] {
            gauge.set(counts.iter().find(|count| count.status == status).map_or(0, |count| count.mails));
        }
        Ok(())
    }
}
