/** gRPC services that translate and nothing else. */
@NullMarked
package io.cordwood.server.rpc;

import org.jspecify.annotations.NullMarked;
