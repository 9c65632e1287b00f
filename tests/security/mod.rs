//! Who is let in, and to what: every route of every dialect and of the admin API, taken from the route tables, so that
//! a new one cannot be forgotten. `docs/security.md` says what is tried here, and where.

mod assignment;
mod audit;
mod credentials;
mod document;
mod injection;
mod matrix;
mod objects;
mod payloads;
mod replay;
mod routes;
mod world;
