//! `metier namespace member` and `rule`: who belongs to a namespace, and whether two of them stand for a version.

use std::path::Path;

use metier_market::{
    client::Client,
    state::{Account, KeyChange, Member, MemberChange, Namespace, Role, RuleChange},
};
use serde_json::{Value, json};

use super::{
    account::show,
    cosigned::{self, Statement},
    namespace_key::{details, public},
    session::Session,
};
use crate::{
    args::{
        market_client::Place,
        members::{MemberAction, Members, Rule, Signs, Switch},
    },
    commands::{self, App},
    errors::Failure,
    exit::Exit,
    printer::Format,
};

/// Lists, adds, changes or removes.
///
/// # Errors
/// [`Failure`].
pub fn run(app: &App, args: &Members) -> Result<Exit, Failure> {
    match &args.action {
        MemberAction::List { namespace, place } => list(app, namespace, place),
        MemberAction::Add {
            namespace,
            account,
            new_key,
            role,
            signs,
        } => add(app, namespace, (account, new_key, *role), signs),
        MemberAction::Role {
            namespace,
            account,
            role,
            signs,
        } => change(app, (namespace, account, Some(*role)), signs),
        MemberAction::Remove {
            namespace,
            account,
            signs,
        } => change(app, (namespace, account, None), signs),
    }
}

/// `metier namespace rule`
///
/// # Errors
/// [`Failure`].
pub fn rule(app: &App, args: &Rule) -> Result<Exit, Failure> {
    let session = Session::new(app, &args.signs.place)?;
    commands::runtime()?.block_on(async {
        let client = session.market().await?;
        let change = RuleChange {
            namespace: args.namespace.clone(),
            two_person: args.two_person == Switch::On,
            after: after(&session, &client, &args.namespace).await?,
        };
        cosigned::say(&session, &client, Statement::Rule(change), &args.signs).await
    })
}

fn list(app: &App, namespace: &Namespace, place: &Place) -> Result<Exit, Failure> {
    let session = Session::new(app, place)?;
    commands::runtime()?.block_on(async {
        let client = session.market().await?;
        let token = session.token(&client).await?.token;
        let told = details(&client, namespace, &token).await?;
        let members = told["members"].as_object().into_iter().flatten();
        let rows: Vec<Value> = members.map(|member| row(&told, member)).collect();
        let listed = show(app, &json!(rows), "It has no members.")?;
        if app.printer.format == Format::Human && told["two-person"] == true {
            app.printer.note(
                "The 2-person rule is on: another member approves each version before it is published.",
            );
        }
        Ok(listed)
    })
}

/// A member on one line, with the keys that are good.
fn row(told: &Value, (account, role): (&String, &Value)) -> Value {
    let keys = told["keys"].as_array().into_iter().flatten();
    let theirs = keys.filter(|key| key["account"] == account.as_str() && key["until"].is_null());
    let theirs: Vec<&str> = theirs.filter_map(|key| key["hint"].as_str()).collect();
    json!({"account": account, "role": role, "keys": theirs.join(" ")})
}

fn add(
    app: &App,
    namespace: &Namespace,
    (account, new_key, role): (&Account, &Path, Role),
    signs: &Signs,
) -> Result<Exit, Failure> {
    let change = KeyChange {
        namespace: namespace.clone(),
        key: public(app, new_key)?,
        from: None,
        until: None,
        member: Some(Member {
            account: account.clone(),
            role,
        }),
    };
    let session = Session::new(app, &signs.place)?;
    commands::runtime()?.block_on(async {
        let client = session.market().await?;
        cosigned::say(&session, &client, Statement::Key(change), signs).await
    })
}

fn change(
    app: &App,
    (namespace, account, role): (&Namespace, &Account, Option<Role>),
    signs: &Signs,
) -> Result<Exit, Failure> {
    let session = Session::new(app, &signs.place)?;
    commands::runtime()?.block_on(async {
        let client = session.market().await?;
        let change = MemberChange {
            namespace: namespace.clone(),
            account: account.clone(),
            role,
            after: after(&session, &client, namespace).await?,
        };
        if role.is_none() {
            let question = format!(
                "This removes {account} from {namespace} and ends their keys for ever. Do it?"
            );
            session.ask(&question, "--yes")?;
        }
        cosigned::say(&session, &client, Statement::Member(change), signs).await
    })
}

/// How many changes the namespace had: the next one is signed for that place alone.
async fn after(
    session: &Session<'_>,
    client: &Client,
    namespace: &Namespace,
) -> Result<u64, Failure> {
    let token = session.token(client).await?.token;
    let told = details(client, namespace, &token).await?;
    Ok(told["changes"].as_u64().unwrap_or_default())
}
