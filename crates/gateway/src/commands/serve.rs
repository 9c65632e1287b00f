//! `rollcall serve`: answers requests until it is told to end.

use super::demo;
use crate::admin::{self, Admin};
use crate::cli::{Place, ServeArgs};
use crate::logging;
use crate::metrics;
use crate::registry::Registry;
use crate::server::{self, Bound, Ended, Gateway, Guard, Hardening, Head, Limits, Memory, Tls};
use crate::settings::{Settings, UrlText};
use crate::upkeep;
use actix_web::dev::Server;
use actix_web::web::Data;
use futures_util::FutureExt;
use futures_util::future::{Either, OptionFuture, select, try_join};
use roster::Roster;
use std::io::Write;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use store::Store;

/// Serves.
pub(super) fn run(place: &Place, args: &ServeArgs) -> anyhow::Result<()> {
    metrics::started();
    let mut settings = super::settings(place)?;
    take_flags(&mut settings, args);
    if args.demo && settings.database.url.is_empty() {
        settings.database.url = UrlText::new("sqlite::memory:");
    }
    // Everything that can be wrong with the configuration is told before the store is touched.
    let address = server::address(&settings.server.listen)?;
    let tls = Tls::of(&settings.server)?;
    Hardening::check(&settings.server)?;
    let admin = admin::place(&settings.admin, args.demo)?;
    let registry = Registry::new(&settings)?;
    if args.demo {
        let others = [tls.as_ref().map(|tls| tls.address), admin.map(|place| place.address)];
        std::iter::once(address).chain(others.into_iter().flatten()).try_for_each(demo::check_address)?;
    }
    let mut to_serve = settings.store_to_serve()?;
    if admin.is_some() {
        to_serve.pool_size = to_serve.pool_size.saturating_add(admin::CONNECTIONS);
    }
    let store = super::open_migrated(&to_serve)?;
    if args.demo {
        demo::load(&store)?;
    }
    let dialects = registry.names().join(", ");
    let gateway = gateway(registry, &store, &settings)?;
    let behind = Data::new(Admin::new(store.clone(), settings.limits.import_bytes));
    let uses = store.clone();
    log::info!("store: {}; dialects: {dialects}", store.url());
    let served = actix_web::rt::System::new().block_on(async {
        let (server, bound, backlog) = server::bind(gateway.clone(), &settings.server, address, tls.as_ref())?;
        let admin = admin.map(|place| admin::bind(&gateway, &behind, &settings.server, place)).transpose()?;
        let (admin, admin_bound) = admin.unzip();
        if let Some(tls) = tls {
            server::read_again_on_signal(tls.certificates)?;
        }
        let swept = gateway.clone();
        actix_web::rt::spawn(async move { swept.guard().sweep().await });
        actix_web::rt::spawn(upkeep::go_on(store.clone(), settings.changes.keep_days, super::now));
        // The ports are taken, so nothing can fail any more that has nothing to do with the demo itself.
        let demo =
            if args.demo { demo::lines(&store, &settings.dialects, bound.http, admin_bound)? } else { Vec::new() };
        // Who reads the first line may send a signal at once.
        let ending =
            server::end_on_signal(server.handle(), admin.as_ref().map(Server::handle), backlog, || behind.end())?;
        announce(bound, admin_bound, demo)?;
        let serving = try_join(server, OptionFuture::from(admin).map(Option::transpose));
        match select(serving, pin!(ending)).await {
            Either::Left((served, _)) => {
                served?;
            }
            // The threads that still serve would be waited for when everything is put away, so it is not.
            Either::Right((Ended::AtOnce, _)) => {
                logging::flush();
                std::process::exit(1)
            }
            Either::Right((Ended::Drained, serving)) => {
                serving.await?;
            }
        }
        anyhow::Ok(())
    });
    // What would be written in a moment.
    uses.write_uses();
    served
}

fn gateway(registry: Registry, store: &Store, settings: &Settings) -> anyhow::Result<Data<Gateway>> {
    let limits = Limits {
        body_bytes: settings.limits.body_bytes,
        body_timeout: Duration::from_secs(settings.limits.body_timeout_seconds),
        width: settings.database.pool_size as usize,
        writers: settings.database.writer_count(store.in_process()),
        quick: settings.server.quick_count(),
        queue_timeout: Duration::from_secs(settings.limits.queue_timeout_seconds),
        answer_timeout: settings.database.patience(),
    };
    let all = Arc::new(store.clone());
    let gateway = Gateway::new(registry, all.clone(), all.clone(), all, store.in_process(), limits);
    let gateway = gateway.remembering(memory(store, settings)?);
    Ok(Data::new(gateway.guarded(Guard::of(&settings.server, &settings.limits))))
}

fn memory(store: &Store, settings: &Settings) -> anyhow::Result<Memory> {
    let mut ready = [""; roster::MOST_READY];
    let names = settings.dialects.prefixes().map(|(name, _)| name);
    let named = names.into_iter().filter(|name| settings.roster.ready_rows.iter().any(|named| named == name));
    ready.iter_mut().zip(named).for_each(|(place, name)| *place = name);
    let roster = roster::Settings { bytes: settings.roster.bytes, behind: settings.roster.behind, ready };
    let roster = Roster::new(Arc::new(store.clone()), roster);
    let head = if store.in_process() {
        let asked = store.clone();
        Head::Here(Box::new(move || asked.head_now()))
    } else {
        let mut reader = store.head_reader();
        let direct = if settings.database.ask_directly { reader.direct().map(Some) } else { Ok(None) };
        let direct = direct.unwrap_or_else(|why| {
            log::info!("one thread asks PostgreSQL for all: {why}");
            None
        });
        Head::There(Box::new(move || reader.ask()), direct)
    };
    // Whoever puts an older copy of an SQLite database in its place starts anew, and what is numbered as before may then
    // be something else. Gateways that share a PostgreSQL share their tags.
    let run = if store.in_process() { uuid::Uuid::new_v4().to_string() } else { String::new() };
    let configured = format!("{run} {:?} {}", settings.dialects, settings.server.public_url);
    let replies = usize::try_from(settings.roster.replies_bytes).unwrap_or(usize::MAX);
    let known = store.clone();
    Ok(Memory::of(roster, head, &configured, replies)?.knowing(move || known.head_known()))
}

/// Flags win over the file and the environment.
fn take_flags(settings: &mut Settings, args: &ServeArgs) {
    let server = &mut settings.server;
    take(&mut server.listen, args.listen.as_ref());
    take(&mut server.tls_listen, args.tls_listen.as_ref());
    take(&mut server.tls_cert, args.tls_cert.as_ref());
    take(&mut server.tls_key, args.tls_key.as_ref());
    take(&mut settings.admin.listen, args.admin_listen.as_ref());
    settings.admin.enabled |= args.admin_listen.is_some();
}

fn take<T: Clone>(setting: &mut T, flag: Option<&T>) {
    if let Some(flag) = flag {
        setting.clone_from(flag);
    }
}

/// Tells whoever started us where we listen. The first line is a promise to scripts.
fn announce(bound: Bound, admin: Option<SocketAddr>, more: Vec<String>) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "listening on http://{}", bound.http)?;
    out.flush()?;
    // Whoever started us may have read the first line and gone.
    let https = bound.https.map(|address| format!("listening on https://{address}"));
    let admin = admin.map(|address| format!("admin on http://{address}"));
    for line in https.into_iter().chain(admin).chain(more) {
        if writeln!(out, "{line}").is_err() {
            log::warn!("nobody reads the lines after the first");
            break;
        }
    }
    Ok(())
}
