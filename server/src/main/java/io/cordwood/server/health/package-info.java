/** Whether the node can serve: one answer for HTTP probes and for gRPC health checks. */
@NullMarked
package io.cordwood.server.health;

import org.jspecify.annotations.NullMarked;
