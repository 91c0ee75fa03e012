/** What the server counts beside the node's replicas, and how all of it is published. */
@NullMarked
package io.cordwood.server.metrics;

import org.jspecify.annotations.NullMarked;
