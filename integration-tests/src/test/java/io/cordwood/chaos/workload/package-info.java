/** Who writes to a cluster and reads from it while faults befall it, each with its share of the history. */
@NullMarked
package io.cordwood.chaos.workload;

import org.jspecify.annotations.NullMarked;
