/** What the admin services call. */
@NullMarked
package io.cordwood.server.admin;

import org.jspecify.annotations.NullMarked;
