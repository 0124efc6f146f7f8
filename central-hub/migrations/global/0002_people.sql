-- Users are told as one kind of what people do about themselves.
UPDATE fact SET body = json_object('fact', 'person', 'phone', json_extract(body, '$.user.phone'), 'at', 0,
                                   'did', json_object('did', 'named', 'name', json_extract(body, '$.user.name')))
    WHERE json_extract(body, '$.fact') = 'user';
