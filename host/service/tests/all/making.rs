//! Who may make triggers, and which.

use metier_core::Code;
use metier_service::{
    Role,
    directory::now,
    limits::Limits,
    triggers::{
        manage::{MAX_TRIGGERS, upcoming},
        record::Cron,
    },
};
use serde_json::json;

use crate::{
    scene::{Scene, admin, somebody},
    ticked::{at, cron, deploy, named},
};

#[tokio::test]
async fn a_tenant_has_so_many_triggers() {
    let scene = Scene::with_math(Limits::default()).await;
    deploy(&scene.service).await;
    for number in 0..MAX_TRIGGERS {
        let name = named(&format!("t{number}"));
        let made = scene
            .service
            .make_trigger(&admin(), &name, at(cron()))
            .await;
        made.unwrap();
    }
    let more = named("more");
    let refused = scene
        .service
        .make_trigger(&admin(), &more, at(cron()))
        .await;
    let refused = refused.unwrap_err();
    assert_eq!(refused.code, Code::InvalidArguments);
}

#[tokio::test]
async fn triggers_are_made_by_who_may_for_agents_that_are_there() {
    let scene = Scene::with_math(Limits::default()).await;
    deploy(&scene.service).await;
    let service = &scene.service;
    let make = async |caller, name: &str, new| {
        let made = service.make_trigger(&caller, &named(name), new).await;
        made.map(drop).map_err(|fault| fault.code)
    };
    let operator = |tools| somebody("local", Role::Operator, tools);
    assert_eq!(make(operator(&[]), "a", at(cron())).await, Ok(()));
    assert_eq!(
        make(operator(&[]), "a", at(cron())).await,
        Err(Code::Conflict)
    );
    assert_eq!(
        make(operator(&["agent.sums"]), "b", at(cron())).await,
        Ok(())
    );
    assert_eq!(
        make(operator(&["math.*"]), "c", at(cron())).await,
        Err(Code::Forbidden)
    );
    let caller = somebody("local", Role::Caller, &[]);
    assert_eq!(make(caller, "c", at(cron())).await, Err(Code::Forbidden));
    let elsewhere = somebody("acme", Role::Operator, &[]);
    assert_eq!(
        make(elsewhere.clone(), "c", at(cron())).await,
        Err(Code::NotFound)
    );
    assert_eq!(
        service.trigger(&elsewhere, "a").unwrap_err().code,
        Code::NotFound
    );
    let wrong = [
        Cron {
            schedule: "0 0 30 2 *".into(),
            ..cron()
        },
        Cron {
            zone: "Mars/Olympus".into(),
            ..cron()
        },
        Cron {
            missed_limit: 0,
            ..cron()
        },
        Cron {
            missed_limit: 101,
            ..cron()
        },
    ];
    for cron in wrong {
        assert_eq!(
            make(operator(&[]), "d", at(cron)).await,
            Err(Code::InvalidArguments)
        );
    }
    let mut versioned = at(cron());
    versioned.start.version = Some("9.9.9".into());
    assert_eq!(
        make(operator(&[]), "d", versioned).await,
        Err(Code::NotFound)
    );
    let mut fixed = at(cron());
    fixed.start.input = json!([]);
    assert_eq!(
        make(operator(&[]), "d", fixed).await,
        Err(Code::InvalidArguments)
    );
    let mine = service.trigger(&operator(&[]), "a").unwrap();
    assert_eq!(upcoming(&mine, now()).len(), 5);
    service.remove_trigger(&operator(&[]), "a").await.unwrap();
    assert_eq!(
        service
            .remove_trigger(&operator(&[]), "a")
            .await
            .unwrap_err()
            .code,
        Code::NotFound
    );
}
