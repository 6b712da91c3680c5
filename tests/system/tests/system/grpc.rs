//! The gRPC services as other programs see them: health, reflection, and the statuses of the contract.

mod auth;
mod chat;

use system_tests::{patience::within, stack::Plan};
use tokio_stream::StreamExt;
use tonic::{Code, Status};
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};
use tonic_reflection::pb::v1::{
    ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
    server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
};

const AUTH: &str = "recipechat.auth.v1.AuthService";
const CHAT: &str = "recipechat.chat.v1.ChatService";

#[track_caller]
fn assert_refused<T: std::fmt::Debug>(answer: Result<T, Status>, code: Code) {
    let status = answer.err().map(|status| status.code());
    assert_eq!(status, Some(code));
}

#[tokio::test]
async fn both_services_report_their_health() {
    let mut stack = Plan::apart(1).start().await;
    for (channel, service) in [
        (stack.auth().channel().await, AUTH),
        (stack.chat().channel().await, CHAT),
    ] {
        for name in ["", service] {
            let request = HealthCheckRequest {
                service: name.to_owned(),
            };
            let answer = HealthClient::new(channel.clone())
                .check(request)
                .await
                .unwrap();
            assert_eq!(
                answer.into_inner().status(),
                ServingStatus::Serving,
                "{service}: {name:?}"
            );
        }
        let unknown = HealthCheckRequest {
            service: "no.such.Service".to_owned(),
        };
        assert_refused(
            HealthClient::new(channel).check(unknown).await,
            Code::NotFound,
        );
    }
}

#[tokio::test]
async fn both_services_describe_themselves() {
    let mut stack = Plan::apart(1).start().await;
    for (channel, service) in [
        (stack.auth().channel().await, AUTH),
        (stack.chat().channel().await, CHAT),
    ] {
        let request = ServerReflectionRequest {
            host: String::new(),
            message_request: Some(MessageRequest::ListServices(String::new())),
        };
        let mut client = ServerReflectionClient::new(channel);
        let answers = client
            .server_reflection_info(tokio_stream::once(request))
            .await
            .unwrap();
        let answer = within("a reflection", answers.into_inner().next())
            .await
            .unwrap()
            .unwrap();
        let Some(MessageResponse::ListServicesResponse(list)) = answer.message_response else {
            panic!("no list of services");
        };
        let names: Vec<String> = list
            .service
            .into_iter()
            .map(|service| service.name)
            .collect();
        assert!(names.iter().any(|name| name == service), "{names:?}");
    }
}
