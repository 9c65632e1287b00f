//! By what a client proves who it is.

use crate::{Fault, FaultCode, Form, Query, Refusal, Request};
use access::Secret;
use base64ct::{Base64, Encoding};

/// A client's id and secret: in the form, or as HTTP Basic (RFC 6749, 2.3.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientProof {
    /// The public id.
    pub id: String,
    /// The secret.
    pub secret: Secret,
}

impl ClientProof {
    /// Reads what comes with a request. Said in both places, both must say the same. Other schemes than Basic count as
    /// nothing.
    pub fn read(request: &Request<'_>, form: &Form<'_>) -> Result<Self, Refusal> {
        let (id, secret) = (form.one(&["client_id"])?, form.one(&["client_secret"])?);
        let basic = request.header("authorization").and_then(basic).transpose()?;
        let same = |name, said: Option<&str>, basic: Option<&str>| match (said, basic) {
            (Some(said), Some(basic)) if said != basic => {
                Err(Fault::new(name, FaultCode::InvalidValue, "is not the one in Authorization"))
            }
            (None, None) => Err(Fault::new(name, FaultCode::Required, "is required")),
            (said, basic) => Ok(said.or(basic).unwrap_or_default().to_owned()),
        };
        let (basic_id, basic_secret) = basic.unzip();
        let id = same("client_id", id.as_deref(), basic_id.as_deref())?;
        let secret = same("client_secret", secret.as_deref(), basic_secret.as_deref())?;
        Ok(Self { id, secret: Secret::presented(secret) })
    }
}

/// Id and secret in an `Authorization` field of the scheme `Basic`; `None` for another scheme. Both are encoded as in a
/// form before they are joined.
fn basic(field: &str) -> Option<Result<(String, String), Fault>> {
    let (scheme, encoded) = field.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("basic").then(|| {
        let broken = || Fault::new("Authorization", FaultCode::Syntax, "is not HTTP Basic");
        let mut place = vec![0; encoded.len()];
        let text = Base64::decode(encoded.trim(), &mut place).map_err(|_| broken())?;
        let text = std::str::from_utf8(text).map_err(|_| broken())?;
        let (id, secret) = text.split_once(':').ok_or_else(broken)?;
        let decoded = |text: &str| {
            let pair = format!("v={}", text.replace('&', "%26"));
            Query::parse(&pair).one(&["v"]).map(|value| value.unwrap_or_default().into_owned()).map_err(|_| broken())
        };
        Ok((decoded(id)?, decoded(secret)?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Method;

    fn read(form: &str, authorization: &str) -> Result<(String, String), Refusal> {
        let fields = [("authorization", authorization)];
        let headers = &fields.as_slice();
        let request = Request { method: Method::Post, path: "/", query: "", prefix: "", headers, body: b"" };
        let proof = ClientProof::read(&request, &Form::parse(form))?;
        Ok((proof.id, proof.secret.reveal().to_owned()))
    }

    fn basic_of(text: &str) -> String {
        let mut place = [0; 200];
        format!("Basic {}", Base64::encode(text.as_bytes(), &mut place).expect("short"))
    }

    #[test]
    fn a_client_says_it_in_the_form_or_as_basic() {
        let both = || Ok(("app".to_owned(), "se:cret".to_owned()));
        assert_eq!(read("client_id=app&client_secret=se%3Acret", ""), both());
        assert_eq!(read("", &basic_of("app:se%3Acret")), both());
        assert_eq!(read("", &basic_of("app:se:cret").replace("Basic", "bAsIc ")), both());
        assert_eq!(read("client_id=app", &basic_of("app:se:cret")), both());
        assert_eq!(read("client_id=app&client_secret=se:cret", &basic_of("app:se:cret")), both());
        assert_eq!(read("client_id=app&client_secret=se:cret", "Bearer x"), both());
        assert_eq!(read("", &basic_of("a%26b:c+d")), Ok(("a&b".to_owned(), "c d".to_owned())));
    }

    #[test]
    fn two_that_differ_or_none_are_refused() {
        for (form, authorization, parameter) in [
            ("client_id=other", basic_of("app:secret"), "client_id"),
            ("client_secret=other", basic_of("app:secret"), "client_secret"),
            ("client_secret=x", String::new(), "client_id"),
            ("client_id=app", String::new(), "client_secret"),
            ("client_id=app&client_id=app&client_secret=x", String::new(), "client_id"),
            ("client_id=app&client_secret=x", "Basic !".to_owned(), "Authorization"),
            ("client_id=app&client_secret=x", basic_of("appsecret"), "Authorization"),
            ("client_id=app&client_secret=x", basic_of("app:%zz"), "Authorization"),
        ] {
            let Err(Refusal::Parameter(fault)) = read(form, &authorization) else { panic!("{form} {authorization}") };
            assert_eq!(fault.parameter, parameter, "{form} {authorization}");
        }
    }
}
