//! The judgement as a function: keys made by hand, and facts that are what a test says.

use std::{net::IpAddr, sync::Arc};

use flow_gateway::{
    access::{
        call::{AccessState, CachedKey, Call, Credential},
        key::{Claim, KeyKind, MintedKey, mint},
        listener::Listener,
        network::Network,
        rate::{Exhausted, Quota},
        scope::Scope,
        stored::{KeyId, LiveKey, StoredKey},
        surface::Surface,
    },
    operation::app::App,
    store::{id::StudioId, instant::Instant},
    surfaces::listener,
};

/// The time in this file.
pub const NOW: Instant = Instant::from_micros(1_764_000_000_000_000);

/// A key, and what is stored of it.
pub struct Made {
    pub minted: MintedKey,
    pub stored: StoredKey,
}

/// A key of this kind that opens these scopes and has no bounds.
pub fn make(kind: KeyKind, scopes: &[Scope]) -> Made {
    let minted = mint(kind);
    let id = KeyId::new(NOW);
    let stored = StoredKey {
        id,
        studio_id: StudioId::new(NOW),
        public_id: minted.id,
        kind,
        name: "a key".into(),
        used_by: None,
        scopes: scopes.iter().copied().collect(),
        origins: vec![],
        networks: vec![],
        rate_limit: 100,
        fingerprint: minted.fingerprint,
        last_four: minted.last_four.clone(),
        publishable: None,
        lineage: id,
        replaces: None,
        expires_at: None,
        created_at: NOW,
        created_by: "a test".into(),
        last_used_at: None,
        last_used_from: None,
        uses_unknown_before: None,
        revoked_at: None,
        revoked_by: None,
        revoke_reason: None,
    };
    Made { minted, stored }
}

/// What the memory holds: one key at the most.
pub struct Known {
    pub key: Option<Arc<LiveKey>>,
    pub exhausted: bool,
}

impl Known {
    pub fn of(stored: &StoredKey) -> Self {
        Self { key: Some(Arc::new(LiveKey::new(stored.clone(), None))), exhausted: false }
    }

    pub fn nothing() -> Self {
        Self { key: None, exhausted: false }
    }
}

impl AccessState for Known {
    fn cached(&self, claim: &Claim) -> CachedKey {
        self.key.clone().filter(|key| key.stored.public_id == claim.id).map_or(CachedKey::Absent, CachedKey::Found)
    }

    fn spend(&self, _: &LiveKey, _: Network, _: u32) -> Result<Option<Quota>, Exhausted> {
        if self.exhausted { Err(Exhausted { wait: 7 }) } else { Ok(Some(Quota { remaining: 1, reset: 1 })) }
    }

    fn left(&self, _: &LiveKey, _: Network) -> Option<Quota> {
        Some(Quota { remaining: if self.exhausted { 0 } else { 2 }, reset: 0 })
    }

    fn now(&self) -> Instant {
        NOW
    }
}

/// All listeners that keys open.
pub fn listeners() -> [Listener<App>; 3] {
    [Surface::Storefront, Surface::Management, Surface::Api].map(|surface| listener(surface, false))
}

/// A call of a server's: no origin, no browser.
pub fn call<'c>(method: &'c str, path: &'c str, credential: Credential<'c>) -> Call<'c> {
    let client = IpAddr::from([192, 0, 2, 1]);
    Call { method, path, query: "", credential, origin: None, has_fetch_metadata: false, is_preflight: false, client }
}
