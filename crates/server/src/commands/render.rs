//! How the node's answer is written.

use node::Certificate;
use resp::{Protocol, Writer};

use super::certificate;

/// Appends the node's reply, in the protocol that the connection spoke when it asked; before it,
/// where it stands, if the node says so.
pub fn render(
    protocol: Protocol,
    reply: &node::Reply,
    certificate: Option<&Certificate>,
    out: &mut Vec<u8>,
) {
    let mut writer = certified(protocol, certificate, out);
    write(&mut writer, reply);
}

pub(super) fn write(writer: &mut Writer<'_>, reply: &node::Reply) {
    match reply {
        node::Reply::Ok => writer.simple("OK"),
        node::Reply::Nil => writer.nil(),
        node::Reply::Value(value) => writer.bulk(value),
        node::Reply::Integer(value) => writer.integer(*value),
        node::Reply::Status(word) => writer.simple(word),
        node::Reply::Array(all) => {
            writer.array(all.len());
            all.iter().for_each(|one| write(writer, one));
        }
        node::Reply::Map(pairs) => {
            writer.map(pairs.len());
            for (name, one) in pairs {
                writer.bulk(*name);
                write(writer, one);
            }
        }
        node::Reply::Error(error) => writer.error_with(error),
    }
}

/// Appends what comes before the bytes of a value so long, as [`render`] does.
pub(crate) fn render_head(
    protocol: Protocol,
    length: usize,
    certificate: Option<&Certificate>,
    out: &mut Vec<u8>,
) {
    certified(protocol, certificate, out).bulk_head(length);
}

/// A writer of a reply, with its certificate written.
pub(super) fn certified<'a>(
    protocol: Protocol,
    certificate: Option<&Certificate>,
    out: &'a mut Vec<u8>,
) -> Writer<'a> {
    let mut writer = Writer::new(out, protocol);
    if let Some(certificate) = certificate
        && protocol == Protocol::Resp3
    {
        certificate::write(&mut writer, certificate);
    }
    writer
}
