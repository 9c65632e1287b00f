//! Where the admin listener is, and its server.

use super::observe::observe;
use super::state::Admin;
use crate::server::{self, Gateway, LINGER};
use crate::settings;
use actix_web::dev::Server;
use actix_web::middleware::from_fn;
use actix_web::{App, HttpServer, web};
use anyhow::Context;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

/// Where the admin listener is when nobody has said so.
const USUAL: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8081);

/// Where to listen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Address and port.
    pub address: SocketAddr,
    /// Whether any free port will do where that is taken.
    pub or_any: bool,
}

/// What the settings say; none when there is to be no admin listener. Where they do not name an address, two gateways
/// on one machine must not be in each other's way, and a demo in nobody's.
pub fn place(settings: &settings::Admin, demo: bool) -> anyhow::Result<Option<Place>> {
    if !settings.enabled {
        return Ok(None);
    }
    Ok(Some(if !settings.listen.is_empty() {
        Place { address: server::address(&settings.listen)?, or_any: false }
    } else if demo {
        Place { address: SocketAddr::new(USUAL.ip(), 0), or_any: false }
    } else {
        Place { address: USUAL, or_any: true }
    }))
}

/// Binds the address and makes a server that answers there once it is awaited. Gives the address with its real port.
/// Must be called inside an actix system.
pub fn bind(
    gateway: &web::Data<Gateway>,
    admin: &web::Data<Admin>,
    settings: &settings::Server,
    place: Place,
) -> anyhow::Result<(Server, SocketAddr)> {
    let address = place.address;
    let bound = match bind_to(gateway, admin, settings, address) {
        Err(error) if place.or_any && error.kind() == io::ErrorKind::AddrInUse => {
            log::warn!("{address} is taken, so the admin listener takes any free port; admin.listen names another");
            bind_to(gateway, admin, settings, SocketAddr::new(address.ip(), 0))
        }
        bound => bound,
    };
    bound.with_context(|| format!("cannot listen on {address} (admin.listen)"))
}

fn bind_to(
    gateway: &web::Data<Gateway>,
    admin: &web::Data<Admin>,
    settings: &settings::Server,
    address: SocketAddr,
) -> io::Result<(Server, SocketAddr)> {
    let blocking_threads = Admin::threads(gateway);
    let places = gateway.guard().admin().clone();
    let (gateway, admin) = (gateway.clone(), admin.clone());
    let app = move || {
        let app = App::new().app_data(gateway.clone()).app_data(admin.clone());
        app.wrap(from_fn(observe)).configure(super::configure)
    };
    let patience = settings.patience();
    let server = HttpServer::new(app)
        .on_connect(move |io, data| server::connected(patience, &places, io, data))
        .workers(1)
        .keep_alive(server::keep_alive(settings))
        .client_request_timeout(Duration::from_secs(settings.request_timeout_seconds))
        .client_disconnect_timeout(LINGER)
        .shutdown_timeout(settings.shutdown_timeout_seconds)
        .worker_max_blocking_threads(blocking_threads)
        .disable_signals()
        .bind(address)?;
    let bound = server.addrs().first().copied().unwrap_or(address);
    Ok((server.run(), bound))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_is_named_is_the_only_one() {
        let settings = |enabled, listen: &str| settings::Admin { enabled, listen: listen.to_owned() };
        let found = |settings, demo| place(&settings, demo).expect("sound");
        let any: SocketAddr = "127.0.0.1:0".parse().expect("an address");
        let named: SocketAddr = "127.0.0.1:8081".parse().expect("an address");
        for demo in [false, true] {
            assert_eq!(found(settings(false, "127.0.0.1:8081"), demo), None);
            let expected = Place { address: named, or_any: false };
            assert_eq!(found(settings(true, "127.0.0.1:8081"), demo), Some(expected));
            assert!(place(&settings(true, "nowhere"), demo).is_err());
        }
        assert_eq!(found(settings(true, ""), false), Some(Place { address: named, or_any: true }));
        assert_eq!(found(settings(true, ""), true), Some(Place { address: any, or_any: false }));
    }
}
