//! A client gives back a token (RFC 7009).

use super::ClientProof;
use crate::{Action, Call, Fault, FaultCode, Form, Presented, Refusal, Reply, Request};
use access::{Operation, Secret};

/// The giving back of the token that the form in a request names, answered with `done`, known or not. With a refresh
/// token goes all that came of the same consent. `token_type_hint` is passed over: both kinds are looked for.
pub fn give_back(request: &Request<'_>, longest: usize, done: fn() -> Reply) -> Result<Call, Refusal> {
    if request.body.len() > longest {
        return Err(Refusal::BodyTooLarge(longest));
    }
    let form = Form::of_body(request)?;
    let client = ClientProof::read(request, &form)?;
    let token = form.one(&["token"])?.ok_or_else(|| Fault::new("token", FaultCode::Required, "is required"))?;
    let token = Secret::presented(token);
    let action = Action::task(Operation::GiveBackToken, move |session| {
        let client = session.authenticate(&client)?;
        session.give_back(&client, &token)?;
        Ok(done())
    });
    Ok(Call { presented: Presented::Nothing, on_behalf_of: None, action, route: None })
}
