//! What the tests share.

pub mod admin;
pub mod congress;
pub mod gateway;
pub mod http;
pub mod keys;
pub mod metadata;
pub mod postgres;
pub mod shapes;
pub mod tls;
pub mod walk;
