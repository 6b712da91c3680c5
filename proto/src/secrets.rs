//! `Debug` for the generated messages that carry tokens or passwords: their names, never their secrets.

use std::fmt;

use crate::{
    auth::{
        BeginDeletionRequest, BeginIssuerSignInResponse, ChangePasswordRequest, ClaimGuestRequest,
        CreateApiTokenRequest, CreateApiTokenResponse, DeleteApiTokenRequest, Deletion,
        EndSessionRequest, ExchangeApiTokenRequest, ExchangeApiTokenResponse,
        FinishIssuerSignInRequest, FinishIssuerSignInResponse, GetAccountRequest,
        ListApiTokensRequest, LoginRequest, LoginResponse, RefreshTokenRequest,
        RefreshTokenResponse, RegisterGuestResponse, RegisterRequest, RegisterResponse,
        ResetPasswordResponse, RevokeSessionRequest, TokenPair, UpdateAccountRequest,
        ValidateTokenRequest, ValidateTokenResponse, revoke_session_request,
    },
    chat,
};

macro_rules! redacted {
    ($($message:ty),+ $(,)?) => {$(
        impl fmt::Debug for $message {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($message), " { [redacted] }"))
            }
        }
    )+};
}

redacted!(
    TokenPair,
    RegisterRequest,
    RegisterResponse,
    LoginRequest,
    LoginResponse,
    ValidateTokenRequest,
    ValidateTokenResponse,
    RefreshTokenRequest,
    RefreshTokenResponse,
    RevokeSessionRequest,
    revoke_session_request::By,
    RegisterGuestResponse,
    GetAccountRequest,
    BeginDeletionRequest,
    Deletion,
    UpdateAccountRequest,
    ChangePasswordRequest,
    ClaimGuestRequest,
    EndSessionRequest,
    ResetPasswordResponse,
    CreateApiTokenRequest,
    CreateApiTokenResponse,
    ListApiTokensRequest,
    DeleteApiTokenRequest,
    ExchangeApiTokenRequest,
    ExchangeApiTokenResponse,
    BeginIssuerSignInResponse,
    FinishIssuerSignInRequest,
    FinishIssuerSignInResponse,
    chat::CreateLinkResponse,
    chat::CreateWebhookRequest,
    chat::CreateWebhookResponse,
    chat::DescribeLinkRequest,
    chat::AcceptLinkRequest,
);

impl fmt::Debug for chat::Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Principal")
            .field("user_id", &self.user_id)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_message_prints_its_secret() {
        let secret = "canary-7f3a".to_owned();
        let tokens = TokenPair {
            access_token: secret.clone(),
            refresh_token: secret.clone(),
            ..TokenPair::default()
        };
        let printed = [
            format!("{tokens:?}"),
            format!(
                "{:?}",
                LoginResponse {
                    tokens: Some(tokens.clone()),
                    device_token: secret.clone(),
                }
            ),
            format!(
                "{:?}",
                RegisterResponse {
                    tokens: Some(tokens.clone()),
                    device_token: secret.clone(),
                }
            ),
            format!(
                "{:?}",
                RefreshTokenResponse {
                    tokens: Some(tokens)
                }
            ),
            format!(
                "{:?}",
                LoginRequest {
                    password: secret.clone(),
                    device_token: secret.clone(),
                    ..LoginRequest::default()
                }
            ),
            format!(
                "{:?}",
                RegisterRequest {
                    password: secret.clone(),
                    ..RegisterRequest::default()
                }
            ),
            format!(
                "{:?}",
                ValidateTokenRequest {
                    access_token: secret.clone()
                }
            ),
            format!(
                "{:?}",
                ValidateTokenResponse {
                    exchanged_token: secret.clone(),
                    ..ValidateTokenResponse::default()
                }
            ),
            format!(
                "{:?}",
                RefreshTokenRequest {
                    refresh_token: secret.clone(),
                    ..RefreshTokenRequest::default()
                }
            ),
            format!(
                "{:?}",
                RevokeSessionRequest {
                    by: Some(revoke_session_request::By::RefreshToken(secret.clone())),
                }
            ),
            format!(
                "{:?}",
                FinishIssuerSignInRequest {
                    browser_secret: secret.clone(),
                    state: secret.clone(),
                    code: secret.clone(),
                    ..FinishIssuerSignInRequest::default()
                }
            ),
            format!(
                "{:?}",
                BeginIssuerSignInResponse {
                    authorization_url: secret.clone(),
                    browser_secret: secret.clone(),
                }
            ),
            format!(
                "{:?}",
                chat::Principal {
                    access_token: secret.clone(),
                    ..chat::Principal::default()
                }
            ),
        ];
        for text in printed {
            assert!(!text.contains(&secret), "{text}");
        }
    }
}
