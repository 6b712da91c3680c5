//! The chat service decides on the user's own token: an edge that lies about its users, or was taken over, speaks for
//! nobody whose token it does not hold.

use std::{collections::VecDeque, time::Duration};

use proto::chat::{
    Answer, Attach, AttachmentEnded, CreateRecipeRequest, ExportRecipeRequest, GetRecipeRequest,
    ImportRecipeRequest, JoinRecipeRequest, LinkRequest, ListMembersRequest, ListMessagesRequest,
    ListRecipesRequest, PostMessageRequest, Principal, RecipeFormat, SubscribeRecipeRequest,
    answer, chat_service_client::ChatServiceClient, import_recipe_request::Document,
    link_request::Call, link_response::Event,
};
use system_tests::{
    account::Account,
    chat_log::principal,
    forge::TokenForger,
    stack::{Plan, Stack},
    timeouts::within,
};
use tokio::{sync::mpsc, time::sleep};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Request, Response, Status, Streaming, transport::Channel};

/// How long until something that other processes do is looked at again.
const POLL_INTERVAL: Duration = Duration::from_millis(100);
/// Proves that the caller is a service of this deployment.
const SERVICE_TOKEN: &str = "canary-token-of-the-services-1";

/// A stack whose services prove themselves, with ada's private recipe `soup`.
async fn private_soup() -> (Stack, tempfile::TempDir, Account) {
    let folder = tempfile::TempDir::new().unwrap();
    let file = folder.path().join("tokens");
    std::fs::write(&file, SERVICE_TOKEN).unwrap();
    let flags = ["--service-token-file", &file.display().to_string()];
    let plan = Plan::apart(1).auth(&flags).chat(&flags).edge(&flags);
    let stack = plan.start().await;
    stack.canary().remember(SERVICE_TOKEN);
    let ada = stack.register("ada").await;
    let mut client = stack.join(&ada, "soup").await;
    client.say("add 2 leeks").await;
    client.say("/private").await;
    (stack, folder, ada)
}

/// Somebody who is not whom the token shows.
fn with_token(who: &Account, token: &str) -> Principal {
    Principal {
        access_token: token.to_owned(),
        ..principal(who)
    }
}

fn proved<T>(message: T) -> Request<T> {
    let mut request = Request::new(message);
    let value = format!("Bearer {SERVICE_TOKEN}").parse().unwrap();
    request.metadata_mut().insert("authorization", value);
    request
}

fn code<T>(answer: Result<Response<T>, Status>) -> Code {
    answer.err().map_or(Code::Ok, |status| status.code())
}

/// Makes every unary call, and a subscription, in somebody's name.
async fn call_all(channel: Channel, who: &Principal) -> Vec<(&'static str, Code)> {
    let mut client = ChatServiceClient::new(channel);
    let principal = || Some(who.clone());
    let soup = || "soup".to_owned();
    let get = GetRecipeRequest {
        principal: principal(),
        recipe_id: soup(),
        revision: None,
    };
    let export = ExportRecipeRequest {
        principal: principal(),
        recipe_id: soup(),
        format: RecipeFormat::Cooklang.into(),
        revision: None,
    };
    let import = ImportRecipeRequest {
        principal: principal(),
        recipe_id: soup(),
        message_id: "import".to_owned(),
        document: Some(Document::Cooklang("Boil @leeks{2}.".to_owned())),
    };
    let members = ListMembersRequest {
        principal: principal(),
        recipe_id: soup(),
    };
    let list = ListRecipesRequest {
        principal: principal(),
        ..ListRecipesRequest::default()
    };
    let messages = ListMessagesRequest {
        principal: principal(),
        recipe_id: soup(),
        ..ListMessagesRequest::default()
    };
    let subscribe = SubscribeRecipeRequest {
        principal: principal(),
        recipe_id: soup(),
        ..SubscribeRecipeRequest::default()
    };
    let create = CreateRecipeRequest {
        principal: principal(),
        ..CreateRecipeRequest::default()
    };
    vec![
        ("get", code(client.get_recipe(proved(get)).await)),
        ("export", code(client.export_recipe(proved(export)).await)),
        ("import", code(client.import_recipe(proved(import)).await)),
        ("members", code(client.list_members(proved(members)).await)),
        ("list", code(client.list_recipes(proved(list)).await)),
        (
            "messages",
            code(client.list_messages(proved(messages)).await),
        ),
        (
            "subscribe",
            code(client.subscribe_recipe(proved(subscribe)).await),
        ),
        ("post", code(client.post_message(proved(post(who))).await)),
        ("create", code(client.create_recipe(proved(create)).await)),
    ]
}

fn post(who: &Principal) -> PostMessageRequest {
    PostMessageRequest {
        principal: Some(who.clone()),
        recipe_id: "soup".to_owned(),
        message_id: "m-of-this-test".to_owned(),
        content: "hello".to_owned(),
        ..PostMessageRequest::default()
    }
}

/// A link, as an edge opens one.
struct Link {
    requests: mpsc::Sender<LinkRequest>,
    responses: Streaming<proto::chat::LinkResponse>,
    number: u64,
    /// What came before answers.
    seen: VecDeque<Event>,
}

impl Link {
    async fn open(channel: Channel) -> Self {
        let (requests, outgoing) = mpsc::channel(8);
        let mut client = ChatServiceClient::new(channel);
        let opened = client.link(proved(ReceiverStream::new(outgoing))).await;
        Self {
            requests,
            responses: opened.unwrap().into_inner(),
            number: 0,
            seen: VecDeque::new(),
        }
    }

    /// Makes a call and tells what came of it.
    async fn call(&mut self, call: Call) -> Code {
        self.number += 1;
        let request = LinkRequest {
            number: self.number,
            traceparent: String::new(),
            call: Some(call),
        };
        self.requests.send(request).await.unwrap();
        loop {
            let response = within("an answer", self.responses.message()).await;
            match response.unwrap().unwrap().event.unwrap() {
                Event::Answer(Answer { number, result }) => {
                    assert_eq!(number, self.number);
                    return match result.unwrap() {
                        answer::Result::Failure(failure) => Code::from_i32(failure.code),
                        _ => Code::Ok,
                    };
                }
                other => self.seen.push_back(other),
            }
        }
    }

    async fn join(&mut self, who: &Principal) -> Code {
        let join = JoinRecipeRequest {
            principal: Some(who.clone()),
            recipe_id: "soup".to_owned(),
            ..JoinRecipeRequest::default()
        };
        self.call(Call::Join(join)).await
    }

    /// Asks for the updates of `soup`, for a user who is named or for whoever came in.
    async fn attach(&mut self, number: u64, who: Option<Principal>) -> Code {
        let attach = Attach {
            recipe_id: "soup".to_owned(),
            after: Some(0),
            attachment: number,
            principal: who,
            ..Attach::default()
        };
        self.call(Call::Attach(attach)).await
    }

    /// What comes next, whatever it is.
    async fn next(&mut self) -> Event {
        if let Some(event) = self.seen.pop_front() {
            return event;
        }
        let response = within("an event", self.responses.message()).await;
        response.unwrap().unwrap().event.unwrap()
    }

    /// Reads until something other than an update comes: no more of those do, and this is why.
    async fn ended(&mut self) -> Event {
        loop {
            match self.next().await {
                Event::Update(_) | Event::Audience(_) => {}
                other => return other,
            }
        }
    }

    /// Whether updates of `soup` have come; everything that was sent before the answer to this has.
    async fn hears(&mut self, who: &Principal) -> bool {
        self.join(who).await;
        let is_update = |event: &Event| matches!(event, Event::Update(_));
        self.seen.drain(..).any(|event| is_update(&event))
    }

    async fn post(&mut self, who: &Principal) -> Code {
        self.call(Call::Post(post(who))).await
    }
}

#[tokio::test]
async fn a_service_without_the_users_own_token_is_refused_whatever_it_asks() {
    let (mut stack, _folder, ada) = private_soup().await;
    let eve = stack.register("eve").await;
    let channel = stack.chat().channel().await;

    for (what, who) in [
        ("no token", with_token(&ada, "")),
        ("eve's token", with_token(&ada, &eve.access_token)),
        (
            "eve by the name of ada",
            Principal {
                name: ada.name.clone(),
                ..principal(&eve)
            },
        ),
    ] {
        for (call, code) in call_all(channel.clone(), &who).await {
            assert_eq!(code, Code::PermissionDenied, "{call} with {what}");
        }
        let mut link = Link::open(channel.clone()).await;
        assert_eq!(link.join(&who).await, Code::PermissionDenied, "{what}");
        assert_eq!(link.post(&who).await, Code::PermissionDenied, "{what}");
    }
    for (call, code) in call_all(channel, &principal(&ada)).await {
        assert_eq!(code, Code::Ok, "{call} with ada's own token");
    }
}

#[tokio::test]
async fn on_a_link_a_token_counts_for_its_own_user_on_that_link_alone() {
    let (mut stack, _folder, ada) = private_soup().await;
    let eve = stack.register("eve").await;
    let channel = stack.chat().channel().await;
    let mut link = Link::open(channel.clone()).await;

    assert_eq!(link.join(&principal(&ada)).await, Code::Ok);
    let silent = with_token(&ada, "");
    assert_eq!(link.post(&silent).await, Code::Ok, "ada is verified");
    let others = with_token(&ada, &eve.access_token);
    assert_eq!(link.post(&others).await, Code::PermissionDenied);
    assert_eq!(link.post(&silent).await, Code::Ok, "ada still is");
    let eve = with_token(&eve, "");
    assert_eq!(link.join(&eve).await, Code::PermissionDenied);

    let mut another = Link::open(channel).await;
    assert_eq!(another.post(&silent).await, Code::PermissionDenied);
}

#[tokio::test]
async fn a_link_hears_of_a_recipe_only_for_a_user_who_is_verified_there_and_may_see_it() {
    let (mut stack, _folder, ada) = private_soup().await;
    let eve = stack.register("eve").await;
    let channel = stack.chat().channel().await;

    // The edge is a service of the deployment, and no more.
    let mut link = Link::open(channel.clone()).await;
    assert_eq!(link.attach(1, None).await, Code::PermissionDenied);
    let unverified = with_token(&ada, "");
    assert_eq!(
        link.attach(2, Some(unverified)).await,
        Code::PermissionDenied
    );
    let others = with_token(&ada, &eve.access_token);
    assert_eq!(link.attach(3, Some(others)).await, Code::PermissionDenied);
    // Who is verified and may not see it counts as little.
    assert_eq!(link.attach(4, Some(principal(&eve))).await, Code::NotFound);
    assert_eq!(link.attach(5, None).await, Code::PermissionDenied);
    let mut ada_says = stack.join(&ada, "soup").await;
    ada_says.say("add 1 onion").await;
    assert!(!link.hears(&principal(&eve)).await);

    // An edge of before names nobody: whoever came in counts, and before that it is told to begin anew.
    let mut before = Link::open(channel.clone()).await;
    assert_eq!(before.attach(0, None).await, Code::PermissionDenied);
    assert!(matches!(before.next().await, Event::Divergence(_)));
    assert_eq!(before.join(&principal(&ada)).await, Code::Ok);
    assert_eq!(before.attach(0, None).await, Code::Ok);
    assert!(before.hears(&principal(&ada)).await);

    let mut link = Link::open(channel).await;
    assert_eq!(link.attach(7, Some(principal(&ada))).await, Code::Ok);
    let silent = with_token(&ada, "");
    assert!(link.hears(&silent).await);
}

#[tokio::test]
async fn nothing_more_is_sent_for_a_user_who_was_removed() {
    let (mut stack, _folder, ada) = private_soup().await;
    let eve = stack.register("eve").await;
    let mut ada_says = stack.join(&ada, "soup").await;
    let name = &eve.name;
    ada_says.say(&format!("/invite {name} as viewer")).await;
    let mut link = Link::open(stack.chat().channel().await).await;
    assert_eq!(link.join(&principal(&eve)).await, Code::Ok);
    assert_eq!(link.attach(1, Some(principal(&eve))).await, Code::Ok);
    link.seen.clear();

    ada_says.say(&format!("/remove {name}")).await;
    ada_says.say("add 1 secret").await;

    match link.next().await {
        Event::Audience(audience) => assert_eq!(audience.user_ids, [ada.id.as_str()]),
        other => panic!("{other:?}"),
    }
    let ended = AttachmentEnded {
        recipe_id: "soup".to_owned(),
        attachment: 1,
        retryable: false,
    };
    assert_eq!(link.next().await, Event::AttachmentEnded(ended));
}

#[tokio::test]
async fn every_hostile_token_is_refused_by_the_chat_service() {
    let (mut stack, _folder, ada) = private_soup().await;
    let forge = TokenForger::new(&stack.api(), &ada.access_token).await;
    let channel = stack.chat().channel().await;
    let mut client = ChatServiceClient::new(channel.clone());
    let mut link = Link::open(channel).await;

    for (fault, token) in forge.hostile() {
        stack.canary().remember(&token);
        let who = with_token(&ada, &token);
        let expected = match token.is_empty() {
            true => Code::PermissionDenied,
            false => Code::Unauthenticated,
        };
        let answer = client.post_message(proved(post(&who))).await;
        assert_eq!(code(answer), expected, "{fault}");
        assert_eq!(link.join(&who).await, expected, "{fault}");
    }
}

#[tokio::test]
async fn a_token_that_has_expired_proves_nobody() {
    let mut stack = Plan::apart(1).auth(&["--access-ttl", "2s"]).start().await;
    let ada = stack.register("ada").await;
    let mut client = ChatServiceClient::new(stack.chat().channel().await);
    let mut link = Link::open(stack.chat().channel().await).await;
    let who = principal(&ada);
    assert!(stack.api().make_recipe(&ada.access_token, "soup").await);
    let join = JoinRecipeRequest {
        principal: Some(who.clone()),
        recipe_id: "soup".to_owned(),
        ..JoinRecipeRequest::default()
    };
    assert_eq!(link.call(Call::Join(join)).await, Code::Ok);

    assert_eq!(link.attach(1, Some(who.clone())).await, Code::Ok);
    // Both end at the token's end.
    let mut live = client
        .subscribe_recipe(SubscribeRecipeRequest {
            principal: Some(who.clone()),
            recipe_id: "soup".to_owned(),
            ..SubscribeRecipeRequest::default()
        })
        .await
        .unwrap()
        .into_inner();
    within("the end of the subscription", async {
        while let Ok(Some(_)) = live.message().await {}
    })
    .await;
    let ended = link.ended().await;
    assert!(
        matches!(&ended, Event::AttachmentEnded(ended) if ended.attachment == 1),
        "{ended:?}"
    );

    assert_eq!(
        code(client.post_message(post(&who)).await),
        Code::DeadlineExceeded
    );
    assert_eq!(link.post(&who).await, Code::DeadlineExceeded);
    let silent = with_token(&ada, "");
    assert_eq!(link.post(&silent).await, Code::DeadlineExceeded);
}

#[tokio::test]
async fn the_keys_are_kept_while_the_auth_service_is_away() {
    let mut stack = Plan::apart(1).start().await;
    let ada = stack.register("ada").await;
    let mut client = stack.join(&ada, "soup").await;
    client.say("add 2 leeks").await;

    stack.auth().kill().await;
    let mut chat = ChatServiceClient::new(stack.chat().channel().await);
    let answer = chat.post_message(post(&principal(&ada))).await;
    assert_eq!(code(answer), Code::Ok);

    // One that starts meanwhile knows no keys: that is no fault of a token.
    stack.chat().restart().await;
    let mut chat = ChatServiceClient::new(stack.chat().channel().await);
    let answer = chat.post_message(post(&principal(&ada))).await;
    assert_eq!(code(answer), Code::Unavailable);
    stack.auth().restart().await;
    within("the keys", async {
        while code(chat.post_message(post(&principal(&ada))).await) != Code::Ok {
            sleep(POLL_INTERVAL).await;
        }
    })
    .await;
}
