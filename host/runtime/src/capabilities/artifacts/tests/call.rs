//! What one call may have.

use super::*;

async fn create(ctx: &mut ArtifactsCtx, name: &str) -> Result<Writer, ArtifactError> {
    ctx.create(
        &MemoryArtifacts::default(),
        &acme(),
        name.to_owned(),
        "text/csv".to_owned(),
    )
    .await
}

#[tokio::test]
async fn what_is_finished_is_remembered_in_order_and_what_is_discarded_is_not() {
    let mut ctx = ArtifactsCtx::default();
    let mut second = create(&mut ctx, "second.csv").await.unwrap();
    let first = create(&mut ctx, "first.csv").await.unwrap();
    let lost = create(&mut ctx, "lost.csv").await.unwrap();
    second.write(b"a,b".to_vec()).await.unwrap();
    ctx.finish(first).await.unwrap();
    ctx.discard(lost);
    let artifact = ctx.finish(second).await.unwrap();
    assert_eq!((artifact.size, artifact.digest), (3, Digest::of(b"a,b")));
    assert_eq!(
        (artifact.name.as_str(), artifact.media_type.as_str()),
        ("second.csv", "text/csv")
    );
    let done: Vec<_> = ctx
        .take()
        .into_iter()
        .map(|artifact| artifact.name)
        .collect();
    assert_eq!(done, ["first.csv", "second.csv"]);
    assert!(ctx.take().is_empty());
}

#[tokio::test]
async fn a_call_has_so_many_files_open() {
    let mut ctx = ArtifactsCtx::default();
    let mut open = Vec::new();
    for _ in 0..MAX_OPEN_WRITERS {
        open.push(create(&mut ctx, "a").await.unwrap());
    }
    let full = |result: Result<Writer, _>| {
        matches!(
            result,
            Err(ArtifactError::TooMany {
                limit: MAX_OPEN_WRITERS,
                ..
            })
        )
    };
    assert!(full(create(&mut ctx, "a").await));
    ctx.discard(open.pop().unwrap());
    open.push(create(&mut ctx, "a").await.unwrap());
    assert!(full(create(&mut ctx, "a").await));
    ctx.finish(open.pop().unwrap()).await.unwrap();
    create(&mut ctx, "a").await.unwrap();
}

#[tokio::test]
async fn a_call_hands_back_so_many_files() {
    let mut ctx = ArtifactsCtx::default();
    for _ in 0..MAX_ARTIFACTS - 1 {
        let writer = create(&mut ctx, "a").await.unwrap();
        ctx.finish(writer).await.unwrap();
    }
    let last = create(&mut ctx, "a").await.unwrap();
    let full = |result: Result<Writer, _>| {
        matches!(
            result,
            Err(ArtifactError::TooMany {
                limit: MAX_ARTIFACTS,
                ..
            })
        )
    };
    assert!(full(create(&mut ctx, "a").await));
    ctx.finish(last).await.unwrap();
    assert!(full(create(&mut ctx, "a").await));
}

#[tokio::test]
async fn bad_labels_and_stores_that_refuse_use_up_nothing() {
    let mut ctx = ArtifactsCtx::default();
    for _ in 0..2 * MAX_ARTIFACTS {
        assert!(matches!(
            create(&mut ctx, "../a").await,
            Err(ArtifactError::Invalid(_))
        ));
        let refused = ctx
            .create(&NoArtifacts, &acme(), "a".into(), "text/csv".into())
            .await;
        assert!(matches!(refused, Err(ArtifactError::Disabled)));
    }
    create(&mut ctx, "a").await.unwrap();
}
