//! The gRPC services as other programs see them: health, reflection, and the statuses of the contract.

mod auth;
mod chat;
mod user_tokens;

use system_tests::{stack::Plan, timeouts::within};
use tokio_stream::StreamExt;
use tonic::{Code, Status, transport::Channel};
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
async fn each_port_describes_its_own_services_in_both_versions_of_reflection() {
    let mut stack = Plan::apart(1).start().await;
    for (channel, own, other) in [
        (stack.auth().channel().await, AUTH, CHAT),
        (stack.chat().channel().await, CHAT, AUTH),
    ] {
        let (newest, alpha) = ("grpc.reflection.v1", "grpc.reflection.v1alpha");
        for names in [
            services_by_v1(channel.clone()).await,
            services_by_v1alpha(channel.clone()).await,
        ] {
            let mut names = names;
            names.sort();
            let reflection = |version| format!("{version}.ServerReflection");
            let mut expected = vec![
                "grpc.health.v1.Health".to_owned(),
                reflection(newest),
                reflection(alpha),
                own.to_owned(),
            ];
            expected.sort();
            assert_eq!(names, expected);
        }
        let files = files_with(channel.clone(), own).await.unwrap();
        assert!(!files.is_empty());
        assert_eq!(files_with(channel, other).await, Err(Code::NotFound));
    }
}

async fn services_by_v1(channel: Channel) -> Vec<String> {
    let answer = ask_v1(channel, MessageRequest::ListServices(String::new())).await;
    let Some(MessageResponse::ListServicesResponse(list)) = answer.unwrap() else {
        panic!("no list of services");
    };
    list.service
        .into_iter()
        .map(|service| service.name)
        .collect()
}

async fn services_by_v1alpha(channel: Channel) -> Vec<String> {
    use tonic_reflection::pb::v1alpha::{
        ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
        server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
    };
    let request = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let mut client = ServerReflectionClient::new(channel);
    let answers = client.server_reflection_info(tokio_stream::once(request));
    let mut answers = answers.await.unwrap().into_inner();
    let answer = within("a reflection", answers.next())
        .await
        .unwrap()
        .unwrap();
    let Some(MessageResponse::ListServicesResponse(list)) = answer.message_response else {
        panic!("no list of services");
    };
    list.service
        .into_iter()
        .map(|service| service.name)
        .collect()
}

/// The files that describe a service and what it rests on.
async fn files_with(channel: Channel, service: &str) -> Result<Vec<Vec<u8>>, Code> {
    let request = MessageRequest::FileContainingSymbol(service.to_owned());
    match ask_v1(channel, request).await? {
        Some(MessageResponse::FileDescriptorResponse(files)) => Ok(files.file_descriptor_proto),
        Some(MessageResponse::ErrorResponse(error)) => Err(Code::from(error.error_code)),
        other => panic!("no files: {other:?}"),
    }
}

async fn ask_v1(
    channel: Channel,
    request: MessageRequest,
) -> Result<Option<MessageResponse>, Code> {
    let request = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(request),
    };
    let mut client = ServerReflectionClient::new(channel);
    let answers = client.server_reflection_info(tokio_stream::once(request));
    let mut answers = answers.await.map_err(|status| status.code())?.into_inner();
    let answer = within("a reflection", answers.next()).await.unwrap();
    Ok(answer.map_err(|status| status.code())?.message_response)
}
