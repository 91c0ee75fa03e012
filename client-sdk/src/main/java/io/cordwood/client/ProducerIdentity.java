package io.cordwood.client;

/** What the cluster drew for an idempotent producer. */
record ProducerIdentity(long id, short epoch) {}
