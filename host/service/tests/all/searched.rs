//! Who may look at the trail, and at what of it.

use metier_core::{Code, TenantId};
use metier_service::{Role, audit::Filter, limits::Limits};

use crate::scene::{Scene, admin, somebody};

#[tokio::test]
async fn a_tenant_sees_its_own_records_only_whatever_it_asks_for() {
    let scene = Scene::with_math(Limits::default()).await;
    let (ours, theirs) = (
        somebody("acme", Role::Operator, &[]),
        somebody("other", Role::Operator, &[]),
    );
    scene.call(&ours, "a.b").await.result.unwrap_err();
    scene.call(&theirs, "c.d").await.result.unwrap_err();
    scene.service.directory().authenticate("x").unwrap_err();
    for tenant in [None, Some("other".parse::<TenantId>().unwrap())] {
        let filter = Filter {
            tenant,
            ..Filter::default()
        };
        let found = scene.service.records(&ours, filter, None, 100).await;
        let found = found.unwrap().records;
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].tenant.as_deref(), Some("acme"));
    }
    let admin = admin();
    let all = scene.service.records(&admin, Filter::default(), None, 100);
    let all = all.await.unwrap().records;
    let kinds: Vec<_> = all.iter().map(|one| one.kind.as_str()).collect();
    assert_eq!(kinds, ["login", "denied", "denied", "skill", "host"]);
}

#[tokio::test]
async fn only_who_operates_may_look() {
    let scene = Scene::start().await;
    for role in [Role::Viewer, Role::Caller, Role::Approver] {
        let caller = somebody("local", role, &[]);
        let found = scene.service.records(&caller, Filter::default(), None, 5);
        assert_eq!(found.await.unwrap_err().code, Code::Forbidden);
    }
}
