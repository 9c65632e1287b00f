//! `rollcall serve`: answers requests until it is told to end.

use super::demo;
use crate::cli::{Place, ServeArgs};
use crate::registry::Registry;
use crate::server::{self, Ended, Gateway, Limits};
use crate::settings::{Settings, UrlText};
use actix_web::web::Data;
use futures_util::future::{Either, select};
use std::io::Write;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use store::Store;

/// Serves.
pub(super) fn run(place: &Place, args: &ServeArgs) -> anyhow::Result<()> {
    let mut settings = super::settings(place)?;
    if let Some(listen) = &args.listen {
        settings.server.listen.clone_from(listen);
    }
    if args.demo && settings.database.url.is_empty() {
        settings.database.url = UrlText::new("sqlite::memory:");
    }
    // Everything that can be wrong with the configuration is told before the store is touched.
    let address = server::address(&settings.server.listen)?;
    let registry = Registry::new(&settings)?;
    if args.demo {
        demo::check_address(address)?;
    }
    let store = super::open_migrated(&settings.store_to_serve()?)?;
    if args.demo {
        demo::load(&store)?;
    }
    let dialects = registry.names().join(", ");
    let gateway = gateway(registry, &store, &settings);
    log::info!("store: {}; dialects: {dialects}", store.url());
    actix_web::rt::System::new().block_on(async {
        let (server, bound) = server::bind(gateway, &settings.server, address)?;
        // The port is taken, so nothing can fail any more that has nothing to do with the demo itself.
        announce(bound, if args.demo { demo::lines(&store, &settings.dialects, bound)? } else { Vec::new() })?;
        let ending = server::end_on_signal(server.handle());
        match select(server, pin!(ending)).await {
            Either::Left((served, _)) => served?,
            // The threads that still serve would be waited for when everything is put away, so it is not.
            Either::Right((Ok(Ended::AtOnce), _)) => std::process::exit(1),
            Either::Right((ended, server)) => {
                ended?;
                server.await?;
            }
        }
        anyhow::Ok(())
    })
}

fn gateway(registry: Registry, store: &Store, settings: &Settings) -> Data<Gateway> {
    let limits = Limits {
        body_bytes: settings.limits.body_bytes,
        body_timeout: Duration::from_secs(settings.limits.body_timeout_seconds),
        width: settings.database.pool_size as usize,
        quick: settings.server.quick_count(),
        queue_timeout: Duration::from_secs(settings.limits.queue_timeout_seconds),
    };
    let all = Arc::new(store.clone());
    Data::new(Gateway::new(registry, all.clone(), all.clone(), all, store.in_process(), limits))
}

/// Tells whoever started us where we listen. The first line is a promise to scripts.
fn announce(bound: SocketAddr, more: Vec<String>) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "listening on http://{bound}")?;
    out.flush()?;
    // Whoever started us may have read the first line and gone.
    for line in more {
        if writeln!(out, "{line}").is_err() {
            log::warn!("nobody reads the lines of the demo");
            break;
        }
    }
    Ok(())
}
