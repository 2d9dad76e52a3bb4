CREATE TABLE artifact_collections (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  project_id BIGINT UNSIGNED NOT NULL,
  name VARCHAR(128) NOT NULL,
  type VARCHAR(128) NOT NULL,
  created_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  UNIQUE KEY (project_id, name),
  FOREIGN KEY (project_id) REFERENCES projects (id)
);

CREATE TABLE artifacts (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  collection_id BIGINT UNSIGNED NOT NULL,
  run_id BIGINT UNSIGNED,
  state VARCHAR(16) NOT NULL DEFAULT 'PENDING',
  version_index INT UNSIGNED,
  digest VARCHAR(128) NOT NULL,
  digest_algorithm VARCHAR(32) NOT NULL,
  description TEXT,
  metadata JSON,
  requested_aliases JSON NOT NULL,
  size BIGINT UNSIGNED NOT NULL DEFAULT 0,
  file_count INT UNSIGNED NOT NULL DEFAULT 0,
  created_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  UNIQUE KEY (collection_id, version_index),
  FOREIGN KEY (collection_id) REFERENCES artifact_collections (id),
  FOREIGN KEY (run_id) REFERENCES runs (id)
);

CREATE TABLE artifact_aliases (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  collection_id BIGINT UNSIGNED NOT NULL,
  alias VARCHAR(128) NOT NULL,
  artifact_id BIGINT UNSIGNED NOT NULL,
  UNIQUE KEY (collection_id, alias),
  FOREIGN KEY (collection_id) REFERENCES artifact_collections (id),
  FOREIGN KEY (artifact_id) REFERENCES artifacts (id)
);

CREATE TABLE artifact_uses (
  artifact_id BIGINT UNSIGNED NOT NULL,
  run_id BIGINT UNSIGNED NOT NULL,
  PRIMARY KEY (artifact_id, run_id),
  FOREIGN KEY (artifact_id) REFERENCES artifacts (id),
  FOREIGN KEY (run_id) REFERENCES runs (id)
);
