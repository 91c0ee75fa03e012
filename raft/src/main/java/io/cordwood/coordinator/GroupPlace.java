package io.cordwood.coordinator;

import io.cordwood.metadata.PartitionId;

/** A partition as a group has it. */
record GroupPlace(String group, PartitionId partition) {}
