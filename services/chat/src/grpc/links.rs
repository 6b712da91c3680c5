//! What the calls about links carry, between protobuf and the domain.

use proto::chat as wire;

use super::{responses::timestamp, statuses::Invalid};
use crate::{
    recipe::Role,
    recipes::{Invitation, Link},
};

/// What a link may make of somebody.
pub(super) fn role(role: wire::Role) -> Result<Role, Invalid> {
    match role {
        wire::Role::Editor => Ok(Role::Editor),
        wire::Role::Viewer => Ok(Role::Viewer),
        wire::Role::Unspecified | wire::Role::Owner => Err(Invalid::Missing("editor or viewer")),
    }
}

impl From<Link> for wire::Link {
    fn from(link: Link) -> Self {
        Self {
            id: link.id,
            role: wire::Role::from(link.role).into(),
            created_at: Some(timestamp(link.created_at)),
            expires_at: Some(timestamp(link.expires_at)),
        }
    }
}

impl From<Invitation> for wire::DescribeLinkResponse {
    fn from(invitation: Invitation) -> Self {
        Self {
            title: invitation.title,
            by: invitation.by,
            role: wire::Role::from(invitation.role).into(),
        }
    }
}
