// Package config reads the settings that are not policy: addresses and secrets, from the
// environment. Policy is in the playbook. Nothing here calls anything.
package config
