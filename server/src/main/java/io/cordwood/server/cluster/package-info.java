/** Ports to the cluster's metadata and to the other nodes, and the words for a refused request. */
@NullMarked
package io.cordwood.server.cluster;

import org.jspecify.annotations.NullMarked;
