/** For how long partitions take no records when the node that leads them ends. */
@NullMarked
package io.cordwood.bench.failover;

import org.jspecify.annotations.NullMarked;
