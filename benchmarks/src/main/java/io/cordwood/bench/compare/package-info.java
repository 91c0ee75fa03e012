/** Cordwood and Kafka in turn on one machine, each driven by its own client, and the table of what they did. */
@NullMarked
package io.cordwood.bench.compare;

import org.jspecify.annotations.NullMarked;
