//! The capabilities that are granted by name: tools, buckets, configuration, routes, tools of others; and those that are on or off.

use super::Authority;
use crate::{
    denial::Denial,
    effect::Effect,
    ids::{BucketName, ConfigKey, RouteName, ToolName, ToolRef},
    log::LogLevel,
    run::Switch,
};

impl<'a> Authority<'a> {
    /// Whether the tool may be called. That the skill has such a tool is the registry's to know: exporting it is how a skill
    /// asks, so a skill without a manifest can still compute.
    pub fn tool(&self, name: &ToolName, effect: Effect) -> Result<(), Denial> {
        if !self.grant.tools.contains(name) {
            return Err(Denial::tool_not_granted(
                self.skill(),
                &self.grant.tenant,
                name,
            ));
        }
        if !within(self.run.tools.as_deref(), name) {
            return Err(Denial::tool_outside_run(self.skill(), name));
        }
        match self.run.effects {
            None => Ok(()),
            Some(ceiling) => {
                let effect = effect.max(self.manifest.effect_of(name));
                if effect <= ceiling {
                    Ok(())
                } else {
                    Err(Denial::effect_above_run(
                        self.skill(),
                        name,
                        effect,
                        ceiling,
                    ))
                }
            }
        }
    }

    /// Whether the bucket may be used.
    pub fn kv(&self, bucket: &BucketName) -> Result<(), Denial> {
        let asked = self.manifest.capabilities.kv.as_ref();
        if !asked.is_some_and(|kv| kv.buckets.contains(bucket)) {
            return Err(Denial::kv_not_declared(self.skill(), bucket));
        }
        if !self.grant.kv.contains(bucket) {
            return Err(Denial::kv_not_granted(
                self.skill(),
                &self.grant.tenant,
                bucket,
            ));
        }
        if !within(self.run.kv.as_deref(), bucket) {
            return Err(Denial::outside_run(
                self.skill(),
                format_args!("the bucket `{bucket}`"),
            ));
        }
        Ok(())
    }

    /// The value of a configuration key.
    pub fn config(&self, key: &ConfigKey) -> Result<&'a str, Denial> {
        let asked = self.manifest.capabilities.config.as_ref();
        if !asked.is_some_and(|config| config.keys.contains(key)) && !self.manifest.stands_in {
            return Err(Denial::config_not_declared(self.skill(), key));
        }
        let Some(value) = self.grant.config.get(key) else {
            return Err(Denial::config_not_granted(
                self.skill(),
                &self.grant.tenant,
                key,
            ));
        };
        if !within(self.run.config.as_deref(), key) {
            return Err(Denial::outside_run(
                self.skill(),
                format_args!("the configuration `{key}`"),
            ));
        }
        Ok(value)
    }

    /// Every configuration key the skill may read, with its value.
    pub fn config_entries(&self) -> impl Iterator<Item = (&'a ConfigKey, &'a str)> + use<'a> {
        let authority = *self;
        let asked = authority
            .manifest
            .capabilities
            .config
            .iter()
            .flat_map(|config| &config.keys);
        asked.filter_map(move |key| Some((key, authority.config(key).ok()?)))
    }

    /// Whether files of this many bytes in all may be handed back.
    pub fn artifacts(&self, bytes: u64) -> Result<(), Denial> {
        if self.manifest.capabilities.artifacts.is_none() && !self.manifest.stands_in {
            return Err(Denial::artifacts_not_declared(self.skill()));
        }
        let Some(granted) = &self.grant.artifacts else {
            return Err(Denial::artifacts_not_granted(
                self.skill(),
                &self.grant.tenant,
            ));
        };
        if self.run.artifacts == Switch::Off {
            return Err(Denial::outside_run(self.skill(), "handing back files"));
        }
        match granted.max_bytes.filter(|max| bytes > max.bytes()) {
            Some(max) => Err(Denial::artifacts_too_large(
                self.skill(),
                &self.grant.tenant,
                bytes,
                max,
            )),
            None => Ok(()),
        }
    }

    /// Whether a line may be logged, and whether it is important enough to be kept.
    pub fn log(&self, level: LogLevel) -> Result<bool, Denial> {
        if self.manifest.capabilities.log.is_none() && !self.manifest.stands_in {
            return Err(Denial::log_not_declared(self.skill()));
        }
        let Some(granted) = &self.grant.log else {
            return Err(Denial::log_not_granted(self.skill(), &self.grant.tenant));
        };
        if self.run.log == Switch::Off {
            return Err(Denial::outside_run(self.skill(), "writing to the log"));
        }
        Ok(level >= granted.level)
    }

    /// Whether a model may be asked by this route.
    pub fn model(&self, route: &RouteName) -> Result<(), Denial> {
        let asked = self.manifest.capabilities.model.as_ref();
        if !asked.is_some_and(|model| model.routes.contains(route)) {
            return Err(Denial::model_not_declared(self.skill(), route));
        }
        if !self.grant.model.contains(route) {
            return Err(Denial::model_not_granted(
                self.skill(),
                &self.grant.tenant,
                route,
            ));
        }
        if !within(self.run.model.as_deref(), route) {
            return Err(Denial::outside_run(
                self.skill(),
                format_args!("the route `{route}`"),
            ));
        }
        Ok(())
    }

    /// Whether a tool of another skill may be called. What that tool may do is for its own authority to say.
    pub fn call(&self, tool: &ToolRef) -> Result<(), Denial> {
        let asked = self.manifest.capabilities.calls.as_ref();
        if !asked.is_some_and(|calls| calls.tools.contains(tool)) {
            return Err(Denial::call_not_declared(self.skill(), tool));
        }
        if !self.grant.calls.contains(tool) {
            return Err(Denial::call_not_granted(
                self.skill(),
                &self.grant.tenant,
                tool,
            ));
        }
        if !within(self.run.calls.as_deref(), tool) {
            return Err(Denial::outside_run(
                self.skill(),
                format_args!("the tool `{tool}`"),
            ));
        }
        Ok(())
    }
}

/// Whether a run leaves this name.
fn within<T: PartialEq>(narrowed_to: Option<&[T]>, name: &T) -> bool {
    narrowed_to.is_none_or(|names| names.contains(name))
}
